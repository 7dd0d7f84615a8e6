import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import type { FindingJson, SummaryJson } from '../../src/operations/reconcile/report.ts';
import { type RunningService, spawnProgram, startService } from '../services/running-service.ts';
import { post } from '../services/service.ts';

const ADMIN = join(import.meta.dirname, '../../src/bin/admin.ts');

const good = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));

interface Told {
  readonly exitCode: number | null;
  readonly findings: readonly FindingJson[];
  readonly summary: SummaryJson;
}

/** `npm run admin -- reconcile --json` beside the service. */
async function reconcileBeside({ folder }: RunningService, ...args: readonly string[]): Promise<Told> {
  const command = [process.execPath, ADMIN, 'reconcile', '--json', ...args];
  const { exitCode, output } = await spawnProgram(folder, { USAGE: 'on' }, command).ended;
  const lines = output.split('\n').filter((line) => line.startsWith('{'));
  assert.notEqual(lines.length, 0, output);
  const told = lines.map((line) => JSON.parse(line));
  return { exitCode, findings: told.slice(0, -1), summary: told.at(-1) };
}

async function upload({ origin }: RunningService): Promise<string> {
  const answer = await fetch(`${origin}/images/upload?user_id=ada`, post(good, 'image/jpeg'));
  return ((await answer.json()) as { image_id: string }).image_id;
}

/** Behind the service's back, which may have the bytes in memory. */
async function fileOf({ folder }: RunningService, id: string): Promise<string> {
  const objects = join(folder, 'data/objects');
  const paths = await readdir(objects, { recursive: true });
  const files = paths.filter((path) => path.includes(`images/ada/${id}/`) && path.endsWith('.jpg'));
  assert.equal(files.length, 1, paths.join('\n'));
  return join(objects, files[0] ?? '');
}

const statusOf = async ({ origin }: RunningService, id: string): Promise<number> =>
  (await fetch(`${origin}/images/${id}?user_id=ada`, { headers: { Accept: 'application/json' } })).status;

describe('npm run admin -- reconcile', () => {
  it('finds beside a running service, which mends when it is asked to, and mends by itself when none runs', async () => {
    await using service = await startService({ USAGE: 'on' });
    const [sound, lost, damaged] = [await upload(service), await upload(service), await upload(service)];
    for (const id of [sound, lost, damaged]) assert.equal(await statusOf(service, id), 200);
    await rm(await fileOf(service, lost));
    await writeFile(await fileOf(service, damaged), good.toReversed());

    const found = await reconcileBeside(service);
    assert.deepEqual(toldOf(found), [['original-missing', 'found', lost]]);
    assert.deepEqual([found.exitCode, found.summary.images, found.summary.findings], [1, 3, 1]);
    assert.equal(await statusOf(service, lost), 200); // its record is still there, and its bytes are in memory

    const mended = await reconcileBeside(service, '--mend', '--read');
    assert.deepEqual(toldOf(mended), [
      ['original-missing', 'mended', lost],
      ['original-hash', 'mended', damaged],
    ]);
    assert.equal(mended.exitCode, 0);
    for (const id of [lost, damaged]) assert.equal(await statusOf(service, id), 404);
    assert.equal(await statusOf(service, sound), 200);

    await rm(await fileOf(service, sound));
    const unreadable = await upload(service);
    service.process.kill('SIGTERM');
    await once(service.process, 'close');
    assert.deepEqual(toldOf(await reconcileBeside(service, '--mend')), [['original-missing', 'mended', sound]]);
    const after = await reconcileBeside(service, '--read');
    assert.deepEqual([after.exitCode, after.findings], [0, []]);

    {
      using database = new DatabaseSync(join(service.folder, 'data/safelight.db'));
      database.prepare("UPDATE images SET metadata = 'no JSON' WHERE id = ?").run(unreadable);
    }
    const left = await reconcileBeside(service, '--mend');
    assert.deepEqual([left.exitCode, toldOf(left)], [1, [['unreadable-record', 'left', unreadable]]]);
  });
});

const toldOf = ({ findings }: Told) =>
  findings
    .map(({ kind, outcome, image_id }) => [kind, outcome, image_id])
    .toSorted((one, other) => (`${one}` > `${other}` ? -1 : 1));

import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { samplePending } from '../../src/records/images/sample-images.fixture.ts';
import { createCloud, NO_CLOUD } from '../services/cloud.ts';
import { runService, spawnProgram, startService } from '../services/running-service.ts';
import { runWorkerIn } from '../services/running-worker.ts';
import { createTestService, json } from '../services/service.ts';
import { block } from '../users/block.ts';

const ADMIN = join(import.meta.dirname, '../../src/bin/admin.ts');
const ON = { USAGE: 'on', LOG_LEVEL: 'warn' };
const REFUSED =
  /USAGE: expected records that were added up once, with npm run admin -- quota reconcile; got records that never were/;

const spawnQuota = (folder: string, args: readonly string[], environment: Record<string, string> = ON) =>
  spawnProgram(folder, environment, [process.execPath, ADMIN, 'quota', ...args]);

/** What the command prints, line by line. Fails unless it succeeds. */
async function quota(folder: string, ...args: string[]): Promise<string[]> {
  const { exitCode, output } = await spawnQuota(folder, args).ended;
  assert.equal(exitCode, 0, output);
  return output.trimEnd().split('\n');
}

const temporary = () => mkdtempDisposable(join(tmpdir(), 'safelight-'));
const ownOf = (folder: string, environment: Record<string, string> = ON) =>
  createTestService({ folder: join(folder, 'data'), environment });
const grant = (user_id = 'ada') => json({ user_id, content_type: 'image/png', size: 100 });
const differed = (count: number): string => `The usage of all users is what their records add up to; ${count} differed`;

describe('a service with images', () => {
  it('counts only after npm run admin -- quota reconcile, and no longer once it ran without USAGE', async () => {
    await using place = await temporary();
    {
      await using own = await ownOf(place.path, {});
      for (const user of ['ada', 'ada', 'bob']) assert.equal((await own.request('/uploads', grant(user))).status, 201);
    }
    const refused = await runService(place.path, ON);
    assert.equal(refused.exitCode, 1);
    assert.match(refused.output, REFUSED);
    assert.equal((await quota(place.path, 'reconcile')).at(-1), differed(2));
    {
      await using service = await startService(ON, place.path);
      const { pending } = (await (await fetch(`${service.origin}/usage?user_id=ada`)).json()) as { pending: number };
      assert.equal(pending, 2);
    }
    {
      await using off = await startService({}, place.path);
      assert.match(off.output(), /USAGE is off: usage is no longer counted/);
    }
    assert.match((await runService(place.path, ON)).output, REFUSED);
    assert.deepEqual(await quota(place.path, 'reconcile'), [differed(0)]);
    await using again = await startService(ON, place.path);
    assert.equal((await fetch(`${again.origin}/usage?user_id=bob`)).status, 200);
  });

  it('counts only after a reconciliation that no process without USAGE wrote beside', async () => {
    await using place = await temporary();
    {
      await using off = await startService({}, place.path);
      await fetch(`${off.origin}/uploads`, grant());
      assert.equal((await quota(place.path, 'reconcile')).at(-1), differed(1));
      await fetch(`${off.origin}/uploads`, grant());
    }
    assert.match((await runService(place.path, ON)).output, REFUSED);
  });

  it('refuses to start its worker until it was counted', { skip: NO_CLOUD }, async () => {
    await using place = await temporary();
    await using cloud = await createCloud();
    const { environment } = cloud;
    {
      await using own = await ownOf(place.path, environment);
      await own.services.images.create(samplePending());
    }
    const { exitCode, output } = await runWorkerIn(place.path, { ...environment, ...ON });
    assert.equal(exitCode, 1);
    assert.match(output, REFUSED);
  });
});

describe('npm run admin -- quota reconcile', () => {
  const plant = (folder: string): void => {
    using database = new DatabaseSync(join(folder, 'data/safelight.db'), { timeout: 5_000 });
    database.exec("UPDATE usage SET bytes = bytes + 77, pending = pending - 3 WHERE user_id = 'ada'");
  };

  it('repairs planted errors while the service is busy, and changes nothing the second time', async () => {
    await using place = await temporary();
    await using service = await startService(ON, place.path);
    const abort = new AbortController();
    const granting = Array.from({ length: 4 }, async (_, n) => {
      while (!abort.signal.aborted) await fetch(`${service.origin}/uploads`, grant(n % 2 === 0 ? 'ada' : 'bob'));
    });
    await fetch(`${service.origin}/uploads`, grant());
    plant(place.path);
    const lines = await quota(place.path, 'reconcile');
    assert.deepEqual([lines.length, lines.at(-1)], [2, differed(1)]);
    const { user_id, before, after } = JSON.parse(lines[0] ?? '');
    assert.deepEqual([user_id, after.bytes - before.bytes, after.pending - before.pending], ['ada', -77, 3]);
    assert.deepEqual(await quota(place.path, 'reconcile'), [differed(0)]);
    abort.abort();
    await Promise.all(granting);
    assert.deepEqual(await quota(place.path, 'reconcile'), [differed(0)]);
  });

  it('is exact after kill -9 of one in the middle', async () => {
    await using place = await temporary();
    {
      await using own = await ownOf(place.path, { ...ON, QUOTA_PENDING: '100000' });
      await Promise.all(Array.from({ length: 10_000 }, () => own.services.images.create(samplePending())));
    }
    plant(place.path);
    const killed = spawnQuota(place.path, ['reconcile']);
    using database = new DatabaseSync(join(place.path, 'data/safelight.db'), { readOnly: true, timeout: 5_000 });
    const position = database.prepare('SELECT n FROM usage_recount_position');
    while (position.get() === undefined && killed.child.exitCode === null) await new Promise(setImmediate);
    killed.child.kill('SIGKILL');
    await killed.ended;
    const { exitCode, output } = await spawnQuota(place.path, ['reconcile']).ended;
    assert.equal(exitCode, 0, output);
    const [usage] = (await quota(place.path, 'show', 'ada')).map((line) => JSON.parse(line));
    assert.deepEqual([usage.bytes, usage.pending], [0, 10_000]);
    assert.deepEqual(await quota(place.path, 'reconcile'), [differed(0)]);
  });
});

describe('npm run admin -- quota', () => {
  it('sets, shows and lists limits, and refuses what it does not understand', async () => {
    await using place = await temporary();
    await using service = await startService(ON, place.path);
    const [set] = (await quota(place.path, 'set', 'ada', '--images', '0')).map((line) => JSON.parse(line));
    assert.deepEqual(set.limits, { bytes: null, images: 0, pending: null });
    assert.equal((await fetch(`${service.origin}/uploads`, grant())).status, 403);
    assert.deepEqual(JSON.parse((await quota(place.path, 'show', 'ada'))[0] ?? ''), set);
    assert.deepEqual(JSON.parse((await quota(place.path, 'list'))[0] ?? ''), set);
    await block(join(place.path, 'data'), 'eve');
    const refused = await spawnQuota(place.path, ['set', 'eve', '--images', '0']).ended;
    assert.match(refused.output, /got one whose data was deleted/);
    assert.notEqual(refused.exitCode, 0);
    await quota(place.path, 'set', 'ada', '--default');
    assert.equal((await fetch(`${service.origin}/uploads`, grant())).status, 201);
    for (const args of [
      ['set', 'ada'],
      ['set', 'ada', '--bytes', '1', '--default'],
      ['show'],
      ['forget', 'ada'],
      ['list', 'ada'],
    ])
      assert.equal((await spawnQuota(place.path, args).ended).exitCode, 2, args.join(' '));
    for (const args of [
      ['set', 'ada', '--bytes', '-1'],
      ['set', 'ada', '--bytes=1.5'],
    ])
      assert.notEqual((await spawnQuota(place.path, args).ended).exitCode, 0, args.join(' '));
  });
});

import assert from 'node:assert/strict';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { mkdir, truncate } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { it } from 'node:test';
import { createBackedUp } from '../../src/admin/backups/backed-up.fixture.ts';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';
import { leavesOf, misdirectPage } from '../../src/records/sqlite/misdirected-page.fixture.ts';
import { spawnProgram, startService } from '../services/running-service.ts';

const ADMIN = join(import.meta.dirname, '../../src/bin/admin.ts');
const IMAGES = 60;
const PAGE_BYTES = 4_096;

/** `npm run admin -- ARGUMENTS --json` in a folder: its exit code, and the last line of its output. */
async function run(folder: string, ...args: readonly string[]) {
  const command = [process.execPath, ADMIN, ...args, '--json'];
  const { exitCode, output } = await spawnProgram(folder, { USAGE: 'off' }, command).ended;
  const json = output.split('\n').findLast((line) => line.startsWith('{'));
  return { exitCode, output, told: JSON.parse(json ?? '{}') };
}

it('damage under a running service is told by all who read it, heals with a clean check, and a restore is clean', async () => {
  await using backedUp = await createBackedUp();
  await Promise.all(Array.from({ length: IMAGES }, () => backedUp.add()));
  const { dataDir, path: target } = backedUp;
  const folder = dirname(dataDir);
  const good = await run(folder, 'backup', target);
  assert.deepEqual([good.exitCode, good.told.images, good.told.database_check], [0, IMAGES, 'sound'], good.output);

  await using service = await startService({}, folder);
  const get = (path: string) => fetch(`${service.origin}${path}`, { headers: { Accept: 'application/json' } });
  const ready = async () => ((await (await get('/readyz')).json()) as { status: string; parts?: string[] }) ?? {};
  const list = '/images?user_id=ada&limit=100';
  const first = await get(list);
  assert.equal(first.status, 200, await first.text());

  const leaves = leavesOf(dataDir, 'images');
  const [from = 0, to = 0] = [leaves.at(-2), leaves.at(2)];
  const repair = pageKeeper(join(dataDir, 'safelight.db'), to);
  misdirectPage(dataDir, { from, to });
  await until(async () => (await get(list)).status === 503);
  assert.deepEqual(await ready(), { status: 'degraded', parts: ['records'] });
  assert.match(service.output(), /"event":"part-degraded".*A damaged database/);

  const made = await run(folder, 'backup', target, '--check');
  const { images, faults, damage, database_check: check } = made.told;
  assert.deepEqual([made.exitCode, images + faults.length, check], [1, IMAGES, 'damaged'], made.output);
  assert.ok(faults.length > 0 && damage.length > 1, made.output);
  const verified = await run(folder, 'backup', 'verify', target);
  assert.deepEqual([verified.exitCode, verified.told.findings[0]?.kind], [1, 'lacking'], verified.output);
  const reconciled = await run(folder, 'reconcile', '--mend');
  const { by_kind: kinds, by_outcome: outcomes } = reconciled.told;
  assert.deepEqual([reconciled.exitCode, kinds['damaged-database'], outcomes.mended], [1, 1, 0], reconciled.output);
  assert.equal((await ready()).status, 'degraded');

  const restored = join(folder, 'restored');
  await mkdir(restored);
  const restoring = await run(restored, 'restore', target, '--backup', good.told.id);
  assert.equal(restoring.exitCode, 0, restoring.output);
  const again = await run(restored, 'reconcile');
  assert.deepEqual([again.exitCode, again.told.images], [0, IMAGES], again.output);

  repair();
  const clean = await run(folder, 'backup', target, '--check');
  assert.deepEqual([clean.exitCode, clean.told.images, clean.told.damage], [0, IMAGES, []], clean.output);
  assert.equal((await get(list)).status, 200);
  assert.deepEqual(await ready(), { status: 'ok' });
});

it('a database file that becomes shorter under a running service makes answers of 503 and ends nothing', async () => {
  await using backedUp = await createBackedUp();
  await Promise.all(Array.from({ length: IMAGES }, () => backedUp.add()));
  await using service = await startService({}, dirname(backedUp.dataDir));
  const status = async (path: string) => (await fetch(`${service.origin}${path}`)).status;

  const [leaf = 0] = leavesOf(backedUp.dataDir, 'images'); // which also empties the log of writes
  assert.equal(await status('/images?user_id=ada&limit=1'), 200);

  await truncate(join(backedUp.dataDir, 'safelight.db'), (leaf - 1) * PAGE_BYTES);
  assert.equal(await status('/images?user_id=ada&limit=100'), 503);
  assert.equal(await status('/readyz'), 200);
  assert.equal(await status('/livez'), 200);
});

it('a schema without one of its names is told as damage, by lists and at the start', async () => {
  await using backedUp = await createBackedUp();
  const { dataDir, path: target } = backedUp;
  const folder = dirname(dataDir);
  await backedUp.add();
  forget(dataDir, 'images_by_user');
  await using service = await startService({}, folder);
  const get = async (path: string) => fetch(`${service.origin}${path}`, { headers: { Accept: 'application/json' } });
  assert.equal((await get('/images?user_id=ada')).status, 503);
  assert.deepEqual(await (await get('/readyz')).json(), { status: 'degraded', parts: ['records'] });
  assert.equal((await run(folder, 'backup', target, '--check')).told.images, 1);

  forget(dataDir, 'webhooks');
  for (const command of [['backup', target], ['reconcile']]) {
    const { exitCode, output } = await run(folder, ...command);
    assert.deepEqual([exitCode, /"A damaged database"/.test(output), /^ +at /m.test(output)], [1, true, false], output);
  }
});

/** As a disk does that loses a row of SQLite's own table. */
function forget(dataDir: string, name: string): void {
  using database = new DatabaseSync(join(dataDir, 'safelight.db'), { defensive: false });
  database.exec(`PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = '${name}'`);
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
}

/** Writes the page back as it is now. */
function pageKeeper(path: string, page: number): () => void {
  const bytes = Buffer.alloc(PAGE_BYTES);
  const at = (page - 1) * PAGE_BYTES;
  const transfer = (flags: string, move: (file: number) => void): void => {
    const file = openSync(path, flags);
    move(file);
    closeSync(file);
  };
  transfer('r', (file) => readSync(file, bytes, 0, PAGE_BYTES, at));
  return () => transfer('r+', (file) => writeSync(file, bytes, 0, PAGE_BYTES, at));
}

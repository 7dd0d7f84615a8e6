import assert from 'node:assert/strict';
import { chmod, lstat, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { temporaryFolder } from '../faults/file-systems.ts';
import { AS_NOBODY, giveToNobody, NO_NOBODY } from '../services/nobody.ts';
import { spawnProgram, startService } from '../services/running-service.ts';
import { WORK } from '../services/running-worker.ts';
import { post } from '../services/service.ts';

const NEEDS_MODES = { skip: process.platform === 'win32' && 'Windows has no modes' };
const NEEDS_ROOT = { skip: process.getuid?.() !== 0 && 'needs root, to give a folder to somebody else' };

/** A umask that lets every user read and write new files. */
const WITHOUT_UMASK = ['sh', '-c', 'umask 0; exec "$@"', 'sh'];

const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o7777).toString(8);

/** Every path below the folder, and the folder itself, that other users have any access to. */
async function openToOthers(folder: string): Promise<string[]> {
  const open: string[] = [];
  for (const path of ['', ...(await readdir(folder, { recursive: true }))]) {
    if ((await lstat(join(folder, path))).mode & 0o077) open.push(path);
  }
  return open;
}

async function upload(origin: string): Promise<void> {
  const picture = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));
  const { status } = await fetch(`${origin}/images/upload?user_id=ada`, post(picture, 'image/jpeg'));
  assert.equal(status, 200);
}

describe('files of the service', NEEDS_MODES, () => {
  for (const [who, under, skip] of [
    ['', [], false],
    ['another user than root, ', AS_NOBODY, NO_NOBODY],
  ] as const) {
    it(`are private to its user with any umask (${who}a new folder)`, { skip }, async () => {
      await using place = await temporaryFolder();
      if (under.length > 0) await giveToNobody(place.path);
      await using service = await startService({}, place.path, [...WITHOUT_UMASK, ...under]);
      await upload(service.origin);
      assert.deepEqual(await openToOthers(join(place.path, 'data')), []);
      assert.doesNotMatch(service.output(), /WARN|"level":40/);
    });
  }

  it('are private to its user if a worker writes them', async () => {
    await using place = await temporaryFolder();
    const nowhere = { AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
    const environment = { ...nowhere, AWS_REGION: 'us-east-1', S3_BUCKET: 'bucket', DYNAMO_TABLE: 'table' };
    const { exitCode } = await spawnProgram(place.path, environment, [...WITHOUT_UMASK, process.execPath, WORK]).ended;
    assert.equal(exitCode, 1, 'expected it to end without a table, after it made its folder');
    const data = join(place.path, 'data');
    assert.ok((await readdir(data, { recursive: true })).includes('processes/0/lock'));
    assert.deepEqual(await openToOthers(data), []);
  });

  it('are protected in a folder that was open to all, because the service closes the folder', async () => {
    await using place = await temporaryFolder();
    const data = join(place.path, 'data');
    await mkdir(data);
    await chmod(data, 0o755);
    await writeFile(join(data, 'safelight.db'), '', { mode: 0o644 });
    await using service = await startService({}, place.path);
    assert.equal(await modeOf(data), '700');
    assert.doesNotMatch(service.output(), /DATA_DIR/);
  });

  it('stay accessible in another user’s folder, with a warning that names the remedy', NEEDS_ROOT, async () => {
    await using place = await temporaryFolder();
    const data = join(place.path, 'data');
    await mkdir(data);
    await chmod(data, 0o755);
    await giveToNobody(data);
    await using service = await startService({}, place.path);
    await upload(service.origin);
    assert.equal(await modeOf(data), '755');
    assert.match(service.output(), /DATA_DIR .*belongs to user 65534.*chown/);
  });

  it('stay accessible in a world-writable folder of another user, with a warning', {
    skip: NEEDS_ROOT.skip || NO_NOBODY,
  }, async () => {
    await using place = await temporaryFolder();
    await chmod(place.path, 0o755);
    const data = join(place.path, 'data');
    await mkdir(data);
    await chmod(data, 0o777);
    await using service = await startService({}, place.path, AS_NOBODY);
    await upload(service.origin);
    assert.equal(await modeOf(data), '777');
    assert.match(service.output(), /DATA_DIR .*belongs to user 0/);
  });

  for (const [what, environment, mode] of [
    ['a folder for temporary files', {}, '1777'],
    ['a folder above its own program, as / is', { DATA_DIR: '..' }, '755'],
  ] as const) {
    it(`leave ${what} open, which contains other data, with a warning`, async () => {
      await using place = await temporaryFolder();
      const data = join(place.path, 'data');
      await mkdir(data);
      await chmod(data, Number.parseInt(mode, 8));
      const folder = 'DATA_DIR' in environment ? join(data, 'working') : place.path;
      await mkdir(folder, { recursive: true });
      await using service = await startService(environment, folder);
      await upload(service.origin);
      assert.equal(await modeOf(data), mode);
      assert.match(service.output(), /DATA_DIR .*holds more than/);
    });
  }
});

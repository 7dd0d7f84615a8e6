import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { testImage, truncated } from '../../../../test/pictures/test-images.ts';
import { type RunningService, startService } from '../services/running-service.ts';
import { json } from '../services/service.ts';

const EXAMPLE = join(import.meta.dirname, '../../../../examples/upload.py');

/** In CI a missing library fails. */
const NO_REQUESTS =
  hasRequests() || process.env['CI'] ? false : 'needs python3 with requests: apt-get install python3-requests';

function hasRequests(): boolean {
  try {
    execFileSync('python3', ['-c', 'import requests'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('examples/upload.py', { skip: NO_REQUESTS }, () => {
  let service: RunningService;
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'safelight-python-'));
    service = await startService({ LOG_LEVEL: 'silent' });
  });
  after(async () => {
    await service[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const run = (...args: readonly string[]) => promisify(execFile)('python3', [EXAMPLE, ...args]);

  it('uploads for a user by the key of a backend', async () => {
    await using closed = await startService({ LOG_LEVEL: 'silent', AUTH: 'api-key' });
    const admin = (await readFile(join(closed.folder, 'data/admin-key'), 'utf8')).trim();
    const terms = { name: 'shop', acts_as: ['*'], scopes: ['images:upload', 'images:read'] };
    const made = await fetch(`${closed.origin}/keys`, json(terms, { Authorization: `Bearer ${admin}` }));
    const { key } = (await made.json()) as { key: string };
    const file = join(folder, 'ada.png');
    await writeFile(file, await testImage({ type: 'image/png', width: 64, height: 48 }));
    const asAda = { env: { ...process.env, SAFELIGHT_KEY: key, SAFELIGHT_USER: 'ada' } };
    const { stdout } = await promisify(execFile)('python3', [EXAMPLE, file, closed.origin], asAda);
    assert.match(stdout, /^ready: 64 x 48\n/);
    const list = await fetch(`${closed.origin}/images?user_id=ada`, { headers: { Authorization: `Bearer ${key}` } });
    assert.equal(((await list.json()) as { count: number }).count, 1);
  });

  it('uploads once, and prints the URL of the thumbnail', async () => {
    const file = join(folder, 'été 1.png');
    await writeFile(file, await testImage({ type: 'image/png', width: 640, height: 480 }));
    const { stdout } = await run(file, service.origin);
    const [, url = ''] = /^ready: 640 x 480\n(http\S+)\n$/.exec(stdout) ?? assert.fail(stdout);
    const thumb = await fetch(url, { headers: { 'X-User-Id': 'python-example' } });
    assert.deepEqual([thumb.status, thumb.headers.get('content-type')], [200, 'image/png']);
    assert.equal((await run(file, service.origin)).stdout, stdout, 'the same image');
  });

  it('prints why a file was refused', async () => {
    const file = join(folder, 'broken.jpg');
    await writeFile(file, truncated(await testImage({ type: 'image/jpeg', width: 64, height: 48 })));
    await assert.rejects(run(file, service.origin), { code: 1, stderr: /^rejected: expected .+; got/ });
  });

  it('says how to call it', async () => {
    await assert.rejects(run(), { code: 1, stderr: /usage: python3 examples\/upload\.py FILE/ });
  });
});

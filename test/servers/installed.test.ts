import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, it } from 'node:test';
import { isInstalled, skipWithout } from './installed.ts';

/** Variables of this process until disposal. */
function withEnvironment(variables: Readonly<Record<string, string>>): Disposable {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  return {
    [Symbol.dispose]() {
      for (const name of Object.keys(variables)) delete process.env[name];
      Object.assign(process.env, before);
    },
  };
}

describe('a program that tests need', { skip: process.platform === 'win32' && 'Windows has no modes' }, () => {
  it('is an executable file in a folder of the PATH; without one its tests are skipped, but not in CI', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'safelight-programs-'));
    try {
      for (const name of ['curl', 'notes']) await writeFile(join(folder, name), '');
      await chmod(join(folder, 'curl'), 0o700);
      using _ = withEnvironment({ PATH: [join(folder, 'none'), folder].join(delimiter), CI: '' });
      assert.deepEqual(['curl', 'bash', 'notes'].map(isInstalled), [true, false, false]);
      assert.equal(skipWithout('curl'), false);
      assert.equal(skipWithout('bash', 'curl', 'git'), 'needs bash, git on the PATH');
      process.env['CI'] = 'true';
      assert.equal(skipWithout('bash', 'curl', 'git'), false);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

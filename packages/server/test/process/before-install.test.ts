import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { it } from 'node:test';
import { promisify } from 'node:util';
import { temporaryFolder } from '../faults/file-systems.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const START = ['package.json', 'scripts/node.js', 'packages/server/src/run/process/npm-parent.js'];

it('npm start before npm ci says what to run first', async () => {
  await using folder = await temporaryFolder();
  for (const path of START) {
    await mkdir(join(folder.path, dirname(path)), { recursive: true });
    await cp(join(ROOT, path), join(folder.path, path));
  }
  const program = [join(folder.path, 'scripts/node.js'), 'packages/server/src/bin/start.js'];
  await assert.rejects(promisify(execFile)(process.execPath, program, { cwd: folder.path }), {
    code: 1,
    stdout: '',
    stderr: "Safelight's packages aren't installed. Run `npm ci` first.\n",
  });
});

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { VARIABLES } from '../../src/config/variables.ts';
import { temporaryFolder } from '../faults/file-systems.ts';
import { spawnProgram } from '../services/running-service.ts';

const BIN = join(import.meta.dirname, '../../src/bin');
const PACKAGE = join(import.meta.dirname, '../../package.json');

const PROGRAMS = [
  ['npm start', 'start.js'],
  ['npm run work', 'work.ts'],
  ['npm run provision', 'provision.ts'],
] as const;

for (const [command, file] of PROGRAMS) {
  describe(command, () => {
    const run = async (...args: readonly string[]) => {
      await using folder = await temporaryFolder();
      const ended = await spawnProgram(folder.path, {}, [process.execPath, join(BIN, file), ...args]).ended;
      return { ...ended, files: await readdir(folder.path) };
    };

    for (const args of [['--bogus'], ['--help', '--bogus'], ['bogus'], ['--version=1'], ['-'], ['']]) {
      it(`${args.join(' ')} ends with 2 and the usage, without starting anything`, async () => {
        const { exitCode, output, files } = await run(...args);
        assert.equal(exitCode, 2, output);
        const [told = '', usage = '', ...rest] = output.split('\n');
        assert.match(told, /^expected .*--help, --version, or nothing; got "/);
        assert.ok(told.endsWith(JSON.stringify(args.at(-1))), told);
        assert.ok(usage.startsWith(`Usage: ${command} [-- `), usage);
        assert.deepEqual([rest, files], [[''], []]);
      });
    }

    it('--version prints the version', async () => {
      const { version } = JSON.parse(await readFile(PACKAGE, 'utf8')) as { version: string };
      const { exitCode, output, files } = await run('--version');
      assert.deepEqual([exitCode, output, files], [0, `safelight ${version}\n`, []]);
    });

    it('--help prints the usage and the details', async () => {
      const { exitCode, output, files } = await run('--help');
      assert.deepEqual([exitCode, files], [0, []]);
      assert.ok(output.startsWith(`Usage: ${command} [-- `), output);
      const known =
        file === 'provision.ts' ? ['--dry-run', '--policies'] : Object.values(VARIABLES).map(({ name }) => name);
      for (const name of known) assert.match(output, new RegExp(`^  ${name}[ \\n]`, 'm'));
    });
  });
}

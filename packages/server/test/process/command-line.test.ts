import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { BUILD } from '../../src/observe/version.ts';
import { VARIABLES } from '../../src/run/config/variables.ts';
import { temporaryFolder } from '../faults/file-systems.ts';
import { spawnProgram } from '../services/running-service.ts';

const BIN = join(import.meta.dirname, '../../src/bin');

const PROGRAMS = [
  ['npm start', 'start.js'],
  ['npm run work', 'work.ts'],
] as const;

const runFile = async (file: string, args: readonly string[]) => {
  await using folder = await temporaryFolder();
  const ended = await spawnProgram(folder.path, {}, [process.execPath, join(BIN, file), ...args]).ended;
  return { ...ended, files: await readdir(folder.path) };
};

for (const [command, file] of PROGRAMS) {
  describe(command, () => {
    const run = (...args: readonly string[]) => runFile(file, args);

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
      const { exitCode, output, files } = await run('--version');
      assert.deepEqual([exitCode, output, files], [0, `safelight ${BUILD}\n`, []]);
    });

    it('--help prints the usage and the details', async () => {
      const { exitCode, output, files } = await run('--help');
      assert.deepEqual([exitCode, files], [0, []]);
      assert.ok(output.startsWith(`Usage: ${command} [-- `), output);
      for (const { name } of Object.values(VARIABLES)) assert.match(output, new RegExp(`^  ${name}[ \\n]`, 'm'));
    });
  });
}

describe('npm run admin', { concurrency: true }, () => {
  const COMMANDS = [
    'backup',
    'restore',
    'import',
    'export',
    'reconcile',
    'user',
    'keys',
    'quota',
    'facts',
    'provision',
  ];
  const EXPECTED = `expected ${COMMANDS.join(', ')}, --help or --version`;

  it('lists its commands', async () => {
    const { exitCode, output, files } = await runFile('admin.ts', ['--help']);
    assert.deepEqual([exitCode, files], [0, []]);
    assert.ok(output.startsWith('Usage: npm run admin [-- COMMAND '), output);
    const listed = [...output.matchAll(/^ {2}(\w+) {2}/gm)].map(([, name]) => name);
    assert.deepEqual(listed, COMMANDS);
  });

  for (const name of COMMANDS)
    it(`explains ${name}`, async () => {
      const { exitCode, output, files } = await runFile('admin.ts', [name, '--help']);
      assert.deepEqual([exitCode, files], [0, []]);
      assert.ok(output.startsWith(`Usage: npm run admin -- ${name} [`), output);
    });

  for (const [args, told] of [
    [[], `${EXPECTED}; got nothing`],
    [['keys'], 'expected create, list, rotate, revoke, --help or --version; got nothing'],
    [['provision', '--bogus'], "Unknown option '--bogus'"],
  ] as const)
    it(`${args.join(' ') || 'nothing'} ends with 2 and the usage, without starting anything`, async () => {
      const { exitCode, output, files } = await runFile('admin.ts', args);
      assert.equal(exitCode, 2, output);
      assert.ok(output.startsWith(told), output);
      assert.ok(
        output.includes(`\nUsage: npm run admin ${args[0] !== undefined ? `-- ${args[0]} [` : '[-- COMMAND'}`),
        output,
      );
      assert.deepEqual(files, []);
    });

  it('runs a command', async () => {
    const { exitCode, output } = await runFile('admin.ts', ['keys', 'create', '--admin']);
    assert.equal(exitCode, 0, output);
    assert.match(output, /^\{"key_id":/);
  });
});

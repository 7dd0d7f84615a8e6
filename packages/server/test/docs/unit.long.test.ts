import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { freePort } from '../../../../test/servers/free-port.ts';
import { skipWithout } from '../../../../test/servers/installed.ts';
import { temporaryFolder } from '../faults/file-systems.ts';
import { filled, textOf } from '../services/environment-files.ts';
import { NO_NOBODY } from '../services/nobody.ts';
import { PATIENT } from '../services/patience.ts';
import { post } from '../services/service.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const UNIT = join(ROOT, 'deploy/safelight.service');

/** In tenths. The unit has 15, of which 8 are for its network; a new unit has 96. */
const MAX_EXPOSURE = 20;

const NO_CONTAINER =
  process.platform === 'linux' && process.getuid?.() === 0
    ? skipWithout('systemd-nspawn') || NO_NOBODY
    : 'needs root, on Linux, to start another systemd';

/** A user that the machine doesn't have. */
const USER = 61_990;

interface Given {
  /** The repository's .env. */
  readonly settings: string;
  /** Further lines of the unit. */
  readonly lines?: readonly string[];
}

interface Booted {
  readonly origin: string;
  /** Lines of the container and of the service. */
  log(): Promise<string>;
  hasEnded(): boolean;
}

/**
 * Another systemd, with namespaces and the machine's /usr, starts the unit. It shares the network.
 * The unit finds the repository in /opt/safelight.
 */
async function boot(folder: string, { settings, lines = [] }: Given): Promise<Booted & AsyncDisposable> {
  const [root, changes] = [join(folder, 'root'), join(folder, 'changes')];
  const units = join(root, 'etc/systemd/system');
  const dropIns = join(units, 'safelight.service.d');
  for (const path of ['usr', 'opt/safelight', 'opt/node', 'var/log', 'root'])
    await mkdir(join(root, path), { recursive: true });
  for (const path of [dropIns, changes]) await mkdir(path, { recursive: true });
  for (const link of ['bin', 'sbin', 'lib', 'lib64']) await symlink(`usr/${link}`, join(root, link));
  const user = `${USER}:${USER}`;
  const files = {
    'etc/os-release': 'ID=test\n',
    'etc/machine-id': `${'0'.repeat(31)}1\n`,
    'etc/passwd': `root:x:0:0::/root:/bin/sh\nsafelight:x:${user}::/nonexistent:/usr/sbin/nologin\n`,
    'etc/group': `root:x:0:\nsafelight:x:${USER}:\n`,
    'etc/systemd/system/test.target': '[Unit]\nWants=safelight.service\nAllowIsolate=yes\n',
  };
  for (const [path, content] of Object.entries(files)) await writeFile(join(root, path), content);
  await copyFile(UNIT, join(units, 'safelight.service'));
  const here = [
    '[Service]',
    'Environment=PATH=/opt/node:/usr/bin',
    'StandardOutput=append:/var/log/safelight',
    ...lines,
  ];
  await writeFile(join(dropIns, 'here.conf'), `${here.join('\n')}\n`);
  await writeFile(join(changes, '.env'), settings);

  const binds = ['--bind-ro=/usr', `--bind-ro=${dirname(process.execPath)}:/opt/node`];
  const options = ['--quiet', '--register=no', '--keep-unit', ...binds, `--overlay=${ROOT}:${changes}:/opt/safelight`];
  const container = spawn('systemd-nspawn', [...options, '-D', root, '-b', 'systemd.unit=test.target'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, SYSTEMD_SECCOMP: '0' }, // no filter of the container's own: Debian 12's denies Landlock
  });
  const ended = once(container, 'exit');
  let printed = '';
  container.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    printed += chunk;
  });
  return {
    origin: `http://127.0.0.1:${/^PORT=(\d+)$/m.exec(settings)?.[1]}`,
    log: async () => printed + (await readFile(join(root, 'var/log/safelight'), 'utf8').catch(() => '')),
    hasEnded: () => container.exitCode !== null,
    async [Symbol.asyncDispose]() {
      container.kill('SIGTERM'); // it powers off
      await ended;
    },
  };
}

/**
 * The /proc/PID/status of each process of the unit, without the one that has capabilities in a namespace of its own.
 */
async function processes(): Promise<string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const statuses = await Promise.all(ids.map((id) => readFile(`/proc/${id}/status`, 'utf8').catch(() => '')));
  return statuses.filter((status) => status.includes(`\nUid:\t${USER}\t`) && !status.startsWith('Name:\tunshare\n'));
}

describe('deploy/safelight.service', () => {
  it('is a unit that systemd reads without a complaint', { skip: skipWithout('systemd-analyze') }, async () => {
    const { stdout, stderr } = await promisify(execFile)('systemd-analyze', ['verify', UNIT]);
    assert.equal(`${stdout}${stderr}`, '');
  });

  it('leaves the service little of the machine', { skip: skipWithout('systemd-analyze') }, async () => {
    const judge = ['security', '--offline=true', `--threshold=${MAX_EXPOSURE}`, UNIT];
    await promisify(execFile)('systemd-analyze', judge).catch(({ stdout }) => assert.fail(stdout));
  });

  it('runs a service that serves a picture, with decoders that Landlock confines', { skip: NO_CONTAINER }, () =>
    serves('landlock'),
  );

  it('confines decoders by namespaces where Landlock is missing, with the lines of docs/production.md', {
    skip: NO_CONTAINER || skipWithout('unshare', 'mount', 'setpriv'),
  }, async () => {
    const page = await readFile(join(ROOT, 'docs/production.md'), 'utf8');
    const [, ...documented] = /`(RestrictNamespaces=no)` and `(SystemCallFilter=[^`]+)`/.exec(page) ?? [];
    assert.equal(documented.length, 2);
    await serves('namespaces', [...documented, 'SystemCallFilter=~landlock_create_ruleset']);
  });
});

async function serves(level: 'landlock' | 'namespaces', lines: readonly string[] = []): Promise<void> {
  await using folder = await temporaryFolder();
  const own = { PUBLIC_URL: 'https://images.example.org' };
  const more = { ...PATIENT, PORT: String(await freePort()), DECODERS_REQUIRE: level };
  const further = Object.entries(more).map((pair) => `${pair.join('=')}\n`);
  const settings = `${filled(await textOf('one-machine'), own)}\n${further.join('')}`;
  await using container = await boot(folder.path, { settings, lines });
  const { origin } = container;
  for (let isReady = false; !isReady; await delay(50)) {
    isReady = await fetch(`${origin}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
    const log = await container.log();
    assert.ok(!container.hasEnded() && !log.includes("can't start"), log);
  }
  const key = await readFile(join(folder.path, 'root/var/lib/safelight/admin-key'), 'utf8');
  const headers = { Authorization: `Bearer ${key.trim()}`, 'X-User-Id': 'ada' };
  const picture = new Uint8Array(await testImage({ type: 'image/jpeg', width: 640, height: 480 }));
  const uploaded = await fetch(`${origin}/images/upload`, post(picture, 'image/jpeg', headers));
  assert.equal(uploaded.status, 200, await container.log());
  const { image_id: id } = (await uploaded.json()) as { image_id: string };
  assert.equal((await fetch(`${origin}/images/${id}/renditions/thumb`, { headers })).status, 200);
  const { decoders } = (await (await fetch(origin, { headers })).json()) as { decoders: string };
  assert.equal(decoders, level);
  const statuses = await processes();
  assert.ok(statuses.length >= 2, `expected the service and a decoder; got ${statuses.length}`);
  for (const status of statuses) {
    assert.match(status, /^CapBnd:\t0+$/m);
    assert.match(status, /^NoNewPrivs:\t1$/m);
    assert.match(status, /^Seccomp:\t2$/m);
  }
}

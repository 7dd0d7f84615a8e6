import { execFile } from 'node:child_process';
import { appendFile, cp, mkdir, mkdtemp, readFile, realpath, rm, symlink } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { isInstalled, skipWithout } from '../../test/servers/installed.ts';

const ROOT = join(import.meta.dirname, '../..');
const MOBY_PROFILE = join(import.meta.dirname, 'seccomp/default.json');
const PROGRAMS = ['buildah', 'podman', 'runc', 'debootstrap'];

/** The reason to skip tests of containers, or false. */
export const NO_CONTAINERS =
  skipWithout(...PROGRAMS) ||
  (process.geteuid?.() === 0 || !isInstalled('podman') ? false : 'containers here need root');

const execute = (program: string, ...args: readonly string[]) =>
  promisify(execFile)(program, args, { maxBuffer: 64 * 1_048_576 });

/**
 * Images and containers of their own, apart from those of the machine, with Debian's programs instead of Docker's
 * engine.
 */
export interface Containers extends AsyncDisposable {
  /** Builds a Dockerfile, with `base` for its `FROM`, which is made here because no registry of images is reachable. */
  build(dockerfile: string, image: { readonly name: string; readonly base: string }): Promise<void>;
  podman(...args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }>;
  /**
   * Flags of `podman run`: Docker's profile, and what a machine without systemd and with few rights to give permits.
   */
  readonly asDocker: readonly string[];
}

export async function openContainers(): Promise<Containers> {
  const folder = await mkdtemp(join(tmpdir(), 'safelight-containers-'));
  const storage = ['--root', join(folder, 'images'), '--runroot', join(folder, 'run'), '--storage-driver', 'overlay'];
  const buildah = async (...args: readonly string[]) => (await execute('buildah', ...storage, ...args)).stdout.trim();
  const podman = (...args: readonly string[]) =>
    execute('podman', ...storage, '--runtime', 'runc', '--cgroup-manager', 'cgroupfs', ...args);

  async function makeBase(name: string): Promise<void> {
    const root = join(folder, 'debian');
    await makeDebianWithNode(root);
    const container = await buildah('from', 'scratch');
    await buildah('add', '--quiet', container, root, '/');
    await buildah('commit', '--quiet', container, `localhost/${name}`);
    await buildah('rm', container);
    await rm(root, { recursive: true });
  }

  return {
    async build(dockerfile, { name, base }) {
      await makeBase(base);
      const isolated = ['--pull-never', '--isolation', 'chroot', '--network', 'host', '--format', 'docker'];
      const files = ['-f', join(ROOT, dockerfile), '--ignorefile', join(ROOT, `${dockerfile}.dockerignore`)];
      await buildah('bud', ...isolated, ...files, '-t', name, ROOT);
    },
    podman,
    asDocker: [
      ...['--security-opt', `seccomp=${MOBY_PROFILE}`, '--read-only-tmpfs=false'],
      ...['--network', 'host', '--ulimit', 'nofile=20000:20000', '--ulimit', 'nproc=8000:8000'],
    ],
    async [Symbol.asyncDispose]() {
      await podman('rm', '--all', '--force', '--time', '0').catch(() => undefined);
      await execute('umount', '--quiet', join(folder, 'images/overlay')).catch(() => undefined); // mounted on itself
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * What the official image of Node has, as far as ours needs it: Debian, Node, npm and the user `node`. With npm's own
 * settings.
 */
async function makeDebianWithNode(root: string): Promise<void> {
  await execute('debootstrap', '--variant=minbase', 'bookworm', root, await debianMirror());
  const local = join(root, 'usr/local');
  await cp(await realpath(process.execPath), join(local, 'bin/node'));
  const { stdout: npm } = await execute('npm', 'root', '--global');
  await mkdir(join(local, 'lib/node_modules'), { recursive: true });
  await cp(join(npm.trim(), 'npm'), join(local, 'lib/node_modules/npm'), { recursive: true });
  await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin/npm'));
  await mkdir(join(local, 'etc'), { recursive: true });
  const settings = await readFile(join(homedir(), '.npmrc'), 'utf8').catch(() => '');
  await appendFile(join(local, 'etc/npmrc'), `${settings}\n`);
  const { NODE_EXTRA_CA_CERTS: certificates } = process.env;
  if (certificates !== undefined) {
    await cp(await realpath(certificates), join(local, 'etc/certificates.pem'));
    await appendFile(join(local, 'etc/npmrc'), 'cafile=/usr/local/etc/certificates.pem\n');
  }
  await execute('chroot', root, 'useradd', '--uid', '1000', '--create-home', 'node');
}

/** That of apt here. */
async function debianMirror(): Promise<string> {
  const { stdout } = await execute(
    'apt-get',
    'indextargets',
    '--format',
    '$(SITE) $(REPO_URI)',
    'Created-By: Packages',
  );
  const [, uri] =
    stdout
      .split('\n')
      .map((line) => line.split(' '))
      .find(([, one]) => one?.endsWith('/debian/')) ?? [];
  if (uri === undefined) throw new Error(`expected a mirror of Debian among the sources of apt; got ${stdout}`);
  return dirname(`${uri}x`);
}

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { until } from '../../packages/server/src/imaging/processes/process-list.fixture.ts';
import { connect } from '../../test/acceptance/api.ts';
import { describeSafelight } from '../../test/acceptance/suite.ts';
import { testImage } from '../../test/pictures/test-images.ts';
import { freePort } from '../../test/servers/free-port.ts';
import { NO_CONTAINERS, openContainers } from './containers.ts';

const DOCKERFILE = 'deploy/Dockerfile';
const IMAGE = 'localhost/safelight:test';
const SMOKE = ['grants', 'direct-uploads', 'life', 'lists', 'bytes', 'renditions', 'links'] as const;

if (NO_CONTAINERS) describe('the image', { skip: NO_CONTAINERS }, () => {});
else await describeImage();

/** The image that the Dockerfile builds on. */
async function baseOf(dockerfile: string): Promise<string> {
  const [, name = ''] =
    /^FROM (\S+)/m.exec(await readFile(join(import.meta.dirname, '../..', dockerfile), 'utf8')) ?? [];
  return name;
}

/** Those of `docker run` in deploy/README.md, but for its ports and volume. */
async function documentedFlags(): Promise<string[]> {
  const page = await readFile(join(import.meta.dirname, '../README.md'), 'utf8');
  const command = /^docker run (.*(?:\\\n.*)*) safelight$/m.exec(page)?.[1] ?? '';
  const flags = command
    .replaceAll(/\\\n/g, ' ')
    .replaceAll(/-[vp] \S+/g, '')
    .split(' ')
    .filter(Boolean);
  assert.ok(flags.includes('--read-only') && flags.includes('--cap-drop'), command);
  return flags;
}

async function describeImage(): Promise<void> {
  const stack = new AsyncDisposableStack();
  after(() => stack.disposeAsync());
  const containers = stack.use(await openContainers());
  const { podman, asDocker } = containers;
  await containers.build(DOCKERFILE, { name: IMAGE, base: await baseOf(DOCKERFILE) });
  const size = Number((await podman('image', 'inspect', '--format', '{{.Size}}', IMAGE)).stdout);
  const port = String(await freePort());
  const origin = `http://127.0.0.1:${port}`;
  const name = `safelight-${randomUUID()}`;

  const flags = [...(await documentedFlags()), ...asDocker, '-e', `PORT=${port}`, '-e', 'USAGE=on'];
  const ready = () =>
    until(async () => {
      const { ok } = await fetch(`${origin}/readyz`).catch(() => ({ ok: false }));
      return ok;
    });
  const inside = (script: string) => podman('exec', name, 'sh', '-c', script);
  const statusOf = async (id: string) => (await fetch(`${origin}/images/${id}/original`)).status;

  await podman('run', '--detach', '--name', name, '--volume', `${name}:/data`, ...flags, IMAGE);
  await ready();

  describe('the image, in a container under the profile of Docker', () => {
    it('confines its decoders, and says so at the start', async () => {
      const { stdout } = await podman('logs', name);
      assert.match(stdout, /^Safelight listens on .* - decoders: landlock$/m);
      assert.equal(((await (await fetch(origin)).json()) as { decoders: string }).decoders, 'landlock');
    });

    it('runs as another user than root, without capabilities or new privileges, under a filter, within limits', async () => {
      const { stdout } = await inside('id -u; cat /proc/1/status');
      assert.match(stdout, /^1000\n/);
      for (const [field, value] of [
        ['CapEff', '0+'],
        ['CapBnd', '0+'],
        ['NoNewPrivs', '1'],
        ['Seccomp', '2'],
      ])
        assert.match(stdout, new RegExp(`^${field}:\t${value}$`, 'm'));
      const { stdout: limits } = await podman(
        'inspect',
        '--format',
        '{{.HostConfig.Memory}} {{.HostConfig.PidsLimit}}',
        name,
      );
      assert.equal(limits.trim(), `${3 * 2 ** 30} 512`);
    });

    it('writes to /data and /tmp only', async () => {
      for (const path of ['/', '/safelight', '/etc', '/home/node', '/var/tmp'])
        await assert.rejects(inside(`touch ${path}/x`), /Read-only file system|Permission denied/, path);
      await inside('touch /tmp/x && rm /tmp/x && touch /data/x && rm /data/x');
    });

    it('is healthy', async () => {
      await podman('healthcheck', 'run', name);
    });

    it('has labels, and a size that a pull takes', async (t) => {
      t.diagnostic(`${Math.round(size / 1e6)} MB, with a base of debootstrap and npm's Node`);
      const { stdout } = await podman('image', 'inspect', '--format', '{{json .Labels}}', IMAGE);
      const labels = JSON.parse(stdout) as Record<string, string>;
      assert.equal(labels['org.opencontainers.image.licenses'], 'MIT');
      assert.ok(size < 600e6, `${size} bytes`);
    });

    it('keeps its images through a restart and a kill', async () => {
      const body = new Uint8Array(await testImage({ type: 'image/jpeg', width: 320, height: 240 }));
      const form = new FormData();
      form.append('user_id', 'u');
      form.append('file', new Blob([body], { type: 'image/jpeg' }), 'photo.jpg');
      const uploaded = await fetch(`${origin}/images`, { method: 'POST', body: form });
      assert.equal(uploaded.status, 201);
      const { image_id: id } = (await uploaded.json()) as { image_id: string };
      assert.equal((await fetch(`${origin}/images/${id}/renditions/thumb`)).status, 200);

      await podman('stop', '--time', '30', name);
      const { stdout: exitCode } = await podman('inspect', '--format', '{{.State.ExitCode}}', name);
      assert.equal(exitCode.trim(), '0', 'expected it to drain on SIGTERM');
      await podman('start', name);
      await ready();
      assert.equal(await statusOf(id), 200);

      await podman('kill', '--signal', 'KILL', name);
      await podman('wait', name);
      await podman('start', name);
      await ready();
      assert.equal(await statusOf(id), 200);
    });
  });

  describe('the acceptance suite against a container', async () => {
    describeSafelight(await connect(origin), SMOKE);
  });
}

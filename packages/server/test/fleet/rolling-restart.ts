import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { freePort } from '../../../../test/servers/free-port.ts';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';
import { NO_CADDY, startCaddy } from '../caching/caddy.ts';
import { reservePlaces } from '../caching/nginx.ts';
import { type Cloud, createCloud, NO_CLOUD } from '../services/cloud.ts';
import { NO_NGINX, startNginx } from '../services/nginx.ts';
import { type RunningService, startService } from '../services/running-service.ts';
import { json } from '../services/service.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const GUIDE = await readFile(join(ROOT, 'docs/proxies.md'), 'utf8');
const CADDYFILE = await readFile(join(ROOT, 'deploy/Caddyfile'), 'utf8');
const FLEET = await readFile(join(ROOT, 'deploy/compose.fleet.yaml'), 'utf8');

const ENVIRONMENT = {
  ALLOW_OPEN: 'true',
  TRUSTED_PROXIES: '127.0.0.1',
  PROXY_HEADERS: 'x-forwarded',
  FINALIZE_ON_READ: 'off',
};

/** An error that a busy machine may cause, whatever stands before the service. */
const NO_DECODER = 'expected a decode process to start';

const CLIENTS = 6;

export interface Traffic {
  /** At least so many, and more if the restart takes longer. */
  readonly requests: number;
  /** Each client's pause after a request. */
  readonly pauseMs: number;
}

/** Few uploads, because each takes a decoder's time; every request may meet the restart. */
const READS = ['read', 'list', 'read', 'original', 'read', 'change', 'read', 'list', 'read'] as const;
const MIX = ['direct', ...READS, ...READS, 'grant', ...READS, ...READS] as const;

const part = (pattern: RegExp, text: string): string => {
  const [, found] = pattern.exec(text) ?? [];
  assert.ok(found, `expected ${pattern} in the document`);
  return found;
};

/** deploy/Caddyfile as deploy/compose.fleet.yaml sets it up, in other places. */
const documentedCaddy = (address: string, ports: readonly number[]): string =>
  CADDYFILE.replace(/\{\$SITE:[^}]*\}/, `http://${address}`)
    .replace(/\{\$SERVICE:[^}]*\}/, ports.map((port) => `127.0.0.1:${port}`).join(' '))
    .replace(/\{\$HEALTH:[^}]*\}/, part(/^ +HEALTH: (\S+)$/m, FLEET));

/** The configuration of docs/proxies.md for two processes. */
function documentedNginx(ports: readonly number[]) {
  const [one, two] = ports;
  const location = part(/```nginx\nlocation \/ \{\n(.*?)\}\n```/s, GUIDE);
  const more = part(/```nginx\n( {4}proxy_connect_timeout.*?)```/s, GUIDE);
  const directives = `${location}${more}`.split('\n').filter((line) => line && !line.includes('proxy_pass'));
  const upstream = part(/```nginx\n(upstream safelight \{.*?\n\}\n)```/s, GUIDE);
  return { directives, beside: upstream.replace(':8000', `:${one}`).replace(':8001', `:${two}`) };
}

const PICTURE = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));
const upload = (userId: string): [path: string, init: RequestInit] => [
  `/images/upload?user_id=${userId}`,
  { method: 'POST', headers: { 'Content-Type': 'image/jpeg' }, body: PICTURE },
];
const uploadTo = (origin: string, userId: string) => {
  const [path, init] = upload(userId);
  return fetch(`${origin}${path}`, init);
};

/** Both processes of one cloud, on ports that they keep. */
async function startPair(cloud: Cloud) {
  const ports = [await freePort(), await freePort()];
  const start = (port: number) => startService({ ...cloud.environment, ...ENVIRONMENT, PORT: String(port) });
  const services = await Promise.all(ports.map(start));
  for (const { origin } of services) await until(async () => (await uploadTo(origin, 'first')).ok); // its decoders have started
  return {
    ports,
    /**
     * A process tells only those of its end who asked before: a busy machine starts a proxy and stops the process at
     * the same time.
     */
    untilAsked: () => until(async () => services.every((service) => service.output().includes('/readyz'))),
    /**
     * One after the other, each when the proxy, if it asks, has found the one before it: its `output` has a line of
     * that.
     */
    async restartAll(output?: () => string) {
      for (const [index, port] of ports.entries()) {
        const { length: before } = output?.() ?? '';
        await stop(services[index]);
        await services[index]?.[Symbol.asyncDispose]();
        services[index] = await start(port);
        const found = `"host is up","host":"127.0.0.1:${port}"`;
        if (output) await until(async () => output().slice(before).includes(found));
      }
    },
    async [Symbol.asyncDispose]() {
      for (const service of services) await service[Symbol.asyncDispose]();
    },
  };
}

type Pair = Awaited<ReturnType<typeof startPair>>;

async function stop(service: RunningService | undefined): Promise<void> {
  service?.process.kill('SIGTERM');
  if (service?.process.exitCode === null) await once(service.process, 'exit');
  assert.equal(service?.process.exitCode, 0, service?.output().slice(-2_000));
}

/**
 * Requests of several clients until `restarted` has settled and enough were sent. Returns the failed ones, and the
 * images.
 */
async function sendThrough(origin: string, restarted: Promise<void>, { requests, pauseMs }: Traffic) {
  const failures: string[] = [];
  const images = new Set<string>();
  let sent = 0;
  let isRestarted = false;
  const done = restarted.finally(() => {
    isRestarted = true;
  });

  const ask = async (path: string, init: RequestInit = {}): Promise<Record<string, unknown>> => {
    sent += 1;
    const name = `${init.method ?? 'GET'} ${path}`;
    try {
      const response = await fetch(new URL(path, origin), init);
      const text = await response.text();
      if (text.includes(NO_DECODER)) return ask(path, init);
      if (!response.ok) failures.push(`${name}: ${response.status} ${text.slice(0, 200)}`);
      return response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : {};
    } catch (error) {
      failures.push(`${name}: ${(error as Error).cause ?? error}`);
      return {};
    }
  };
  const add = ({ image_id: id }: Record<string, unknown>): string => {
    if (typeof id === 'string') images.add(id);
    return String(id);
  };

  const client = async (userId: string): Promise<void> => {
    const direct = () => ask(...upload(userId));
    let id = add(await direct());
    const steps = {
      list: () => ask(`/images?user_id=${userId}&limit=5`),
      read: () => ask(`/images/${id}/metadata`),
      original: () => ask(`/images/${id}`),
      change: () => ask(`/images/${id}`, { ...json({ description: `after ${sent} requests` }), method: 'PATCH' }),
      direct: async () => {
        id = add(await direct());
      },
      grant: async () => {
        const granted = await ask('/uploads', json({ user_id: userId, content_type: 'image/jpeg' }));
        if (typeof granted['upload_url'] !== 'string') return;
        const headers = { 'Content-Type': 'image/jpeg' };
        await ask(granted['upload_url'], { method: 'PUT', headers, body: PICTURE });
        id = add(await ask(`/images/${granted['image_id']}/complete`, { method: 'POST' }));
      },
    } satisfies Record<(typeof MIX)[number], () => Promise<unknown>>;
    for (let step = 0; !isRestarted || sent < requests; step += 1) {
      await steps[MIX[step % MIX.length] ?? 'list']();
      await delay(pauseMs);
    }
  };
  await Promise.all([done, ...Array.from({ length: CLIENTS }, (_, index) => client(`user-${index}`))]);
  return { failures, images, sent };
}

export function describeRollingRestart(traffic: Traffic): void {
  describe('a rolling restart of two processes', { skip: NO_CLOUD }, () => {
    let cloud: Cloud;
    let pair: Pair;
    before(async () => {
      cloud = await createCloud();
      pair = await startPair(cloud);
    });
    after(async () => {
      await pair[Symbol.asyncDispose]();
      await cloud[Symbol.asyncDispose]();
    });

    async function requireNoFailure(origin: string, restarted: Promise<void>): Promise<void> {
      const { failures, images, sent } = await sendThrough(origin, restarted, traffic);
      assert.deepEqual(failures.slice(0, 10), [], `${failures.length} of ${sent} requests failed`);
      for (const id of images) assert.equal((await fetch(`${origin}/images/${id}/metadata`)).status, 200);
    }

    it('fails no request behind Caddy, with deploy/Caddyfile as in deploy/compose.fleet.yaml', {
      skip: NO_CADDY,
    }, async () => {
      await using places = await reservePlaces();
      await using caddy = await startCaddy(places, documentedCaddy(places.address, pair.ports));
      await pair.untilAsked();
      await requireNoFailure(`http://${places.address}`, pair.restartAll(caddy.output));
    });

    it('fails no request behind nginx, configured by docs/proxies.md', { skip: NO_NGINX }, async () => {
      await using nginx = await startNginx({
        origin: 'http://safelight',
        from: '127.0.0.1',
        ...documentedNginx(pair.ports),
      });
      await requireNoFailure(nginx.origin, pair.restartAll());
    });
  });
}

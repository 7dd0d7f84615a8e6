import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { ask } from '../http/forwarded-requests.ts';
import { createClosedService } from '../services/closed-service.ts';
import { listen } from '../services/listening-service.ts';
import { type CachedService, createCachedService } from './cached-service.ts';
import { documentedCaddy, NO_CADDY, startCaddy } from './caddy.ts';
import { documentedNginx } from './documented-nginx.ts';
import { NO_NGINX, reservePlaces, startNginx } from './nginx.ts';

const ENVIRONMENT = { RATE_LIMITS: 'read=3/h' };
const PRESET = '/images/01a1f82b-80d8-703c-9c86-1b8ba42038d1/renditions/thumb';

/** Everything that a viewer may hope to be believed. */
const SPOOFED = {
  'X-Forwarded-For': '198.51.100.1, 127.0.0.1',
  'X-Real-IP': '198.51.100.1',
  Forwarded: 'for=198.51.100.1;host=images.example.org',
  'X-Forwarded-Host': 'images.example.org',
};

/** Each viewer has three reads, whatever headers it sends, and whatever others do. */
async function eachHasItsOwn({ origin }: CachedService): Promise<void> {
  const read = async (from: string, headers: Record<string, string> = {}) =>
    (await ask(origin, { from, path: PRESET, headers })).status;
  const [one, other] = ['127.0.0.7', '127.0.0.8'];
  for (const headers of [{}, SPOOFED, {}]) assert.equal(await read(one, headers), 401);
  for (const headers of [{}, SPOOFED, { ...SPOOFED, 'X-Forwarded-For': '198.51.100.2' }])
    assert.equal(await read(one, headers), 429);
  assert.equal(await read(other), 401);
}

describe('the address of a viewer', () => {
  it('reaches the service through nginx, configured as in docs/caching.md', { skip: NO_NGINX }, async () => {
    await using service = await createCachedService(documentedNginx, { environment: ENVIRONMENT });
    await eachHasItsOwn(service);
  });

  it('reaches the service through Caddy, configured by deploy/Caddyfile', { skip: NO_CADDY }, async () => {
    await using service = await createCachedService(documentedCaddy, { start: startCaddy, environment: ENVIRONMENT });
    await eachHasItsOwn(service);
    const key = await service.keyOf({ owner: 'ada' });
    const uploaded = await service.view('/images?limit=1', { authorization: `Bearer ${key}` });
    assert.equal(uploaded.status, 200);
  });
});

describe('the trace of a viewer', () => {
  const proxies = {
    'nginx, configured as in docs/caching.md': { start: startNginx, configure: documentedNginx, skip: NO_NGINX },
    'Caddy, configured by deploy/Caddyfile': { start: startCaddy, configure: documentedCaddy, skip: NO_CADDY },
  };
  for (const [name, { start, configure, skip }] of Object.entries(proxies)) {
    it(`does not get past ${name}, which the service believes`, { skip }, async () => {
      await using stack = new AsyncDisposableStack();
      const got: IncomingHttpHeaders[] = [];
      const server = createServer(({ url, headers }, response) => {
        if (url !== '/livez') got.push(headers); // Caddy's own
        response.end();
      }).listen(0, '127.0.0.1');
      stack.defer(() => void server.close().closeAllConnections());
      await once(server, 'listening');
      const places = stack.use(await reservePlaces());
      const { port } = server.address() as AddressInfo;
      stack.use(await start(places, configure(places, `127.0.0.1:${port}`)));
      const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
      for (const path of ['/images', PRESET])
        await fetch(`http://${places.address}${path}`, { headers: { traceparent } });
      assert.deepEqual(
        got.map(({ host, traceparent: believed }) => ({ host, believed })),
        [places.address, places.address].map((host) => ({ host, believed: undefined })),
      );
    });
  }
});

describe('a service that trusts no proxy', () => {
  it('warns once of requests for its public name from a private address', async () => {
    const warnings: string[] = [];
    await using service = await createClosedService({
      environment: { PUBLIC_URL: 'https://images.example.org' },
      observe: (event) => {
        if (event.event === 'warning') warnings.push(event.sentence);
      },
    });
    await using served = await listen(service);
    for (const host of ['images.example.org', 'localhost', 'images.example.org'])
      await served.send({ method: 'GET', target: '/livez', from: '127.0.0.1', headers: { Host: host } }).answered;
    assert.equal(warnings.filter((one) => one.startsWith('TRUSTED_PROXIES is empty')).length, 1, warnings.join());
  });
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempDisposable } from 'node:fs/promises';
import { createServer, type IncomingMessage, request as requestBy } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { parseNetwork } from '../../domain/access/network.ts';
import type { Observer } from '../../observe/observer/observer.ts';
import { type HttpEvent, originOf, requestOf } from '../../run/lambda/http-event.ts';
import { addressOf } from '../request/client.ts';
import type { AppEnv } from '../route.ts';
import { type ForwardingRules, forwarding } from './forwarding.ts';

const RULES: ForwardingRules = {
  publicUrl: 'https://images.example',
  allowedHosts: ['other.example', 'third.example:8443'],
  proxies: {
    trusted: ['198.18.0.0/15'].flatMap((one) => parseNetwork(one) ?? []),
    headers: 'x-forwarded',
    originSecrets: [],
  },
};
const PROXY = '198.18.0.1';

const appWith = (rules: ForwardingRules, observe: Observer = () => undefined) => {
  const step = forwarding(rules, observe);
  return new Hono<AppEnv>().all('*', async (c) => {
    await step(c);
    const { scheme, host } = c.get('addressed');
    return c.json([c.get('clientAddress') ?? null, `${scheme}://${host}`, addressOf(c)]);
  });
};

/** What the step finds out about a request on Lambda. */
async function found(sourceIp: string, headers: Record<string, string>, rules = RULES) {
  const event: HttpEvent = {
    rawPath: '/images',
    rawQueryString: '',
    headers: { host: 'gateway.example', ...headers },
    requestContext: { domainName: 'gateway.example', http: { method: 'GET', sourceIp } },
    isBase64Encoded: false,
  };
  return (await appWith(rules).fetch(requestOf(event), { event: originOf(event) })).json();
}

describe('the client', () => {
  it('of an event is its source', async () => {
    assert.deepEqual(await found('203.0.113.9', {}), ['203.0.113.9', 'https://gateway.example', '203.0.113.9']);
  });

  it("of an event isn't what headers of an untrusted source say", async () => {
    const headers = { 'x-forwarded-for': '192.0.2.1, 198.18.0.1', 'x-forwarded-host': 'images.example' };
    assert.deepEqual(await found('203.0.113.9', headers), ['203.0.113.9', 'https://gateway.example', '203.0.113.9']);
  });

  it('of an event stands behind a trusted source, which a gateway names twice', async () => {
    const headers = { 'x-forwarded-for': '192.0.2.1,2001:db8::9, 198.18.0.1', 'x-forwarded-host': 'images.example' };
    assert.deepEqual(await found(PROXY, headers), ['2001:db8::9', 'https://images.example', '2001:db8:0:0::/64']);
  });

  const FORWARDED = {
    'x-forwarded-for': '203.0.113.9',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'images.example',
  };

  it('is unknown without a connection, and no header counts', async () => {
    const request = new Request('http://127.0.0.1:8000/', { headers: { host: '127.0.0.1:8000', ...FORWARDED } });
    assert.deepEqual(await (await appWith(RULES).fetch(request)).json(), [null, 'http://127.0.0.1:8000', '']);
  });

  it('is unknown over a Unix socket, and no header counts', { skip: process.platform === 'win32' }, async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-socket-'));
    const socketPath = join(folder.path, 'http');
    await using server = createServer(getRequestListener(appWith(RULES).fetch)).listen(socketPath);
    await once(server, 'listening');
    const sent = requestBy({ socketPath, headers: { Host: 'localhost', ...FORWARDED }, agent: false }).end();
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    assert.deepEqual(await json(answer), [null, 'http://localhost', '']);
  });

  it("isn't what headers say if no proxy is trusted", async () => {
    const { proxies: _, ...names } = RULES;
    const headers = { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-host': 'images.example' };
    assert.deepEqual(await found(PROXY, headers, { ...names, proxies: null }), [
      PROXY,
      'https://gateway.example',
      PROXY,
    ]);
  });
});

describe('a forwarded host', () => {
  for (const host of [
    'images.example',
    'IMAGES.example:8443',
    'other.example',
    'other.example:1',
    'third.example:8443',
  ])
    it(`counts if PUBLIC_URL or ALLOWED_HOSTS name it: ${host}`, async () => {
      const [, origin] = (await found(PROXY, { 'x-forwarded-host': host })) as string[];
      assert.equal(origin, `https://${host}`);
    });

  for (const host of [
    'evil.example',
    'images.example.evil.example',
    'evil.example/images.example',
    'evil@images.example',
    'third.example',
    'localhost',
    '127.0.0.1',
    '198.51.100.1',
    '',
    'images.example, evil.example',
  ])
    it(`doesn't count otherwise: ${JSON.stringify(host)}`, async () => {
      const [, origin] = (await found(PROXY, { 'x-forwarded-host': host })) as string[];
      assert.equal(origin, 'https://gateway.example');
    });
});

describe('a request for the name in PUBLIC_URL', () => {
  /** The warnings of one step, after requests from these addresses for these hosts. */
  async function warnings(
    rules: Partial<ForwardingRules>,
    ...requests: readonly (readonly [from: string, host: string])[]
  ) {
    const told: string[] = [];
    const app = appWith({ ...RULES, proxies: null, ...rules }, (event) => {
      if (event.event === 'warning') told.push(event.sentence);
    });
    for (const [remoteAddress, host] of requests) {
      const event = { target: '/', domainName: '', remoteAddress };
      await app.fetch(new Request('http://service/', { headers: { host } }), { event });
    }
    return told;
  }

  for (const from of [
    '10.0.0.5',
    '172.16.0.1',
    '192.168.1.1',
    '127.0.0.1',
    '::1',
    '::ffff:10.0.0.5',
    'fd00::1',
    '100.64.0.1',
  ])
    it(`from a private address is warned of once without trusted proxies: ${from}`, async () => {
      const [sentence = '', ...others] = await warnings({}, [from, 'images.example'], [from, 'IMAGES.example:443']);
      assert.match(
        sentence,
        /^TRUSTED_PROXIES is empty, and a request for images\.example came from the private address /,
      );
      assert.deepEqual(others, []);
    });

  it('is usual with trusted proxies, from a public address, under another name, and if that is no name', async () => {
    const usual = ['10.0.0.5', 'images.example'] as const;
    assert.deepEqual(await warnings({ proxies: RULES.proxies }, usual), []);
    assert.deepEqual(await warnings({ publicUrl: null }, usual), []);
    const others = [
      ['203.0.113.9', 'images.example'],
      ['2001:db8::1', 'images.example'],
      ['10.0.0.5', 'other.example'],
    ] as const;
    assert.deepEqual(await warnings({}, ...others), []);
    for (const host of ['localhost', '127.0.0.1', '10.0.0.9', '[fd00::9]'])
      assert.deepEqual(await warnings({ publicUrl: `http://${host}:8000` }, ['10.0.0.5', `${host}:8000`]), [], host);
  });
});

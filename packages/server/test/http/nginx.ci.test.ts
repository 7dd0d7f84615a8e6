import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { type Nginx, NO_NGINX, startNginx } from '../services/nginx.ts';
import { type RunningService, startService } from '../services/running-service.ts';
import { type Asked, ask, clientAddressOf, grantBy } from './forwarded-requests.ts';

/** Addresses of this machine: two proxies, one that isn't trusted, and a client. */
const [EDGE, INNER, STRANGE, CLIENT] = ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.9'] as const;

const SERVICE = {
  ALLOW_OPEN: 'true',
  ALLOWED_HOSTS: 'images.example, other.example',
  LOG_FORMAT: 'json',
  TRUSTED_PROXIES: `${EDGE}, ${INNER}`,
};

/** The directives of docs/proxies.md, except the address of the service. */
const DOCUMENTED = ((): string[] => {
  const guide = readFileSync(join(import.meta.dirname, '../../../../docs/proxies.md'), 'utf8');
  const [, block = ''] = /```nginx\nlocation \/ \{\n(.*?)\}\n```/s.exec(guide) ?? [];
  const lines = block.split('\n').map((line) => line.trim());
  assert.ok(lines.includes('proxy_pass http://127.0.0.1:8000;'));
  return lines.filter((line) => line !== '' && !line.startsWith('proxy_pass'));
})();

/** Everything that a client may hope to be believed. */
const SPOOFED = {
  'X-Forwarded-For': `198.51.100.1, ${EDGE}, ${INNER}`,
  'X-Forwarded-Proto': 'https',
  'X-Forwarded-Host': 'other.example',
  'X-Forwarded-Port': '1',
  'X-Real-IP': '198.51.100.1',
  'X-Client-IP': '198.51.100.1',
  Forwarded: 'for=198.51.100.1;proto=https;host=other.example',
  Via: '1.1 x',
};

describe('behind a real nginx', { skip: NO_NGINX }, () => {
  const opened = new AsyncDisposableStack();
  /** One for each family of headers. */
  let byX: RunningService;
  let byForwarded: RunningService;
  before(async () => {
    [byX, byForwarded] = await Promise.all([
      startService({ ...SERVICE, PROXY_HEADERS: 'x-forwarded' }),
      startService({ ...SERVICE, PROXY_HEADERS: 'forwarded' }),
    ]);
    opened.use(byX);
    opened.use(byForwarded);
  });
  after(() => opened.disposeAsync());

  /** The address in the log, and the origin of a presigned URL, for a client's request through a proxy. */
  async function seen(service: RunningService, proxy: Nginx, asked: Omit<Asked, 'from'> = {}) {
    const grant = await grantBy(proxy.origin, { from: CLIENT, host: 'images.example', ...asked });
    return [await clientAddressOf(service, grant.requestId), new URL(grant.uploadUrl).origin];
  }

  it('with the documented configuration, the client is the one that nginx sees', async () => {
    await using nginx = await startNginx({ origin: byX.origin, from: EDGE, directives: DOCUMENTED });
    assert.deepEqual(await seen(byX, nginx), [CLIENT, 'http://images.example']);
    assert.deepEqual(await seen(byX, nginx, { headers: SPOOFED }), [CLIENT, 'http://images.example']);
    assert.deepEqual(await seen(byX, nginx, { host: 'other.example:8443' }), [CLIENT, 'http://other.example:8443']);
    assert.equal((await ask(nginx.origin, { from: CLIENT, host: 'evil.example' })).status, 421);
  });

  it("a client's own Forwarded, which nginx passes through, is ignored", async () => {
    const directives = ['proxy_set_header X-Forwarded-For $remote_addr;', 'proxy_set_header Host $http_host;'];
    await using nginx = await startNginx({ origin: byX.origin, from: EDGE, directives });
    const headers = { Forwarded: SPOOFED.Forwarded };
    assert.deepEqual(await seen(byX, nginx, { headers }), [CLIENT, 'http://images.example']);
  });

  it("a client's own X-Forwarded-For, which nginx passes through, is ignored where Forwarded counts", async () => {
    const appended = 'proxy_set_header Forwarded "$http_forwarded, for=$remote_addr;proto=https";';
    const directives = [appended, 'proxy_set_header Host $http_host;'];
    await using nginx = await startNginx({ origin: byForwarded.origin, from: EDGE, directives });
    assert.deepEqual(await seen(byForwarded, nginx, { headers: SPOOFED }), [CLIENT, 'https://images.example']);
    for (const Forwarded of [
      'for="198.51.100.1',
      'for="\\',
      ',',
      `for=${INNER}`,
      'for=198.51.100.1;host="other.example',
    ])
      assert.deepEqual(await seen(byForwarded, nginx, { headers: { Forwarded } }), [CLIENT, 'https://images.example']);
  });

  it('an untrusted proxy is itself the client', async () => {
    await using nginx = await startNginx({ origin: byX.origin, from: STRANGE, directives: DOCUMENTED });
    assert.deepEqual(await seen(byX, nginx, { headers: SPOOFED }), [STRANGE, 'http://images.example']);
  });

  it('the default configuration, which adds no header, makes the proxy the client', async () => {
    await using nginx = await startNginx({ origin: byForwarded.origin, from: EDGE, directives: [] });
    const [address] = await seen(byForwarded, nginx);
    assert.equal(address, EDGE);
  });

  it('two in a row: the client stands before the outer one, which is told scheme and host, and uploads through both', async () => {
    const forInner = ['proxy_http_version 1.1;', 'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;'];
    await using inner = await startNginx({ origin: byX.origin, from: INNER, directives: forInner });
    const forEdge = [
      'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
      'proxy_set_header X-Forwarded-Proto https;', // as behind TLS
      'proxy_set_header X-Forwarded-Host $http_host;',
    ];
    await using edge = await startNginx({ origin: inner.origin, from: EDGE, directives: forEdge });
    assert.deepEqual(await seen(byX, edge, { headers: SPOOFED }), [CLIENT, 'https://images.example']);

    const hops = Array.from({ length: 500 }, (_, hop) => `198.51.100.${hop % 256}`).join(', ');
    const prepended = { 'X-Forwarded-For': `${hops}, ${EDGE}` };
    assert.deepEqual(await seen(byX, edge, { headers: prepended }), [CLIENT, 'https://images.example']);

    // Neither proxy sends the Host of the client, and a foreign forwarded host doesn't count.
    assert.deepEqual(await seen(byX, edge, { host: 'evil.example' }), [CLIENT, `https://${new URL(byX.origin).host}`]);

    const { uploadUrl, headers } = await grantBy(edge.origin, { from: CLIENT, host: 'images.example' });
    const { pathname, search, host } = new URL(uploadUrl);
    const body = await testImage({ type: 'image/jpeg', width: 40, height: 30 });
    const put = { method: 'PUT', path: `${pathname}${search}`, from: CLIENT, host, headers, body };
    assert.equal((await ask(edge.origin, { ...put, host: 'other.example' })).status, 403);
    let answer = await ask(edge.origin, put);
    while (answer.status === 503 || answer.status === 429) answer = await ask(edge.origin, put); // all decoders are busy
    assert.equal(answer.status, 200, answer.body);
  });
});

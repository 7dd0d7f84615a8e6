import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';
import { type RunningService, startService } from '../services/running-service.ts';
import { type Asked, ask, clientAddressOf, grantBy } from './forwarded-requests.ts';
import { connectTo, lines } from './raw-connection.ts';

/** Addresses of this machine. */
const [PROXY, STRANGE] = ['127.0.0.2', '127.0.0.9'] as const;

const SERVICE = {
  ALLOW_OPEN: 'true',
  ALLOWED_HOSTS: 'images.example',
  LOG_FORMAT: 'json',
  TRUSTED_PROXIES: `${PROXY}, 10.0.0.0/8, fd00::/8`,
};
const CLIENT = '203.0.113.9';
const MAX_HEADER_LENGTH = 8_192;

describe('a service behind trusted proxies', () => {
  const opened = new AsyncDisposableStack();
  let byX: RunningService;
  let byForwarded: RunningService;
  before(async () => {
    [byX, byForwarded] = await Promise.all([
      startService({ ...SERVICE, PROXY_HEADERS: 'x-forwarded' }),
      startService({ ...SERVICE, PROXY_HEADERS: 'forwarded', HOST: '::' }), // IPv4 peers have mapped addresses
    ]);
    opened.use(byX);
    opened.use(byForwarded);
  });
  after(() => opened.disposeAsync());

  const originOf = ({ origin }: RunningService): string => `http://127.0.0.1:${new URL(origin).port}`;

  async function seen(service: RunningService, asked: Omit<Asked, 'from'>, from: string = PROXY) {
    const grant = await grantBy(originOf(service), { from, ...asked });
    return [await clientAddressOf(service, grant.requestId), new URL(grant.uploadUrl).origin];
  }

  it('believes the proxy, over several lines of one header', async () => {
    const x = { 'X-Forwarded-For': ['198.51.100.1', `${CLIENT}, 10.0.0.2`], 'X-Forwarded-Proto': ['https', 'http'] };
    assert.deepEqual(await seen(byX, { headers: { ...x, 'X-Forwarded-Host': 'images.example' } }), [
      CLIENT,
      'https://images.example',
    ]);
    const forwarded = ['for="198.51.100.1', `for=${CLIENT};proto=https;host=images.example`, 'for="[fd00::2]:80"'];
    assert.deepEqual(await seen(byForwarded, { headers: { Forwarded: forwarded } }), [
      CLIENT,
      'https://images.example',
    ]);
  });

  it('believes no other peer', async () => {
    const headers = {
      'X-Forwarded-For': CLIENT,
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-Host': 'images.example',
      Forwarded: `for=${CLIENT};proto=https;host=images.example`,
    };
    for (const service of [byX, byForwarded])
      assert.deepEqual(await seen(service, { headers }, STRANGE), [STRANGE, originOf(service)]);
  });

  it('ignores the other family', async () => {
    const forwarded = { Forwarded: `for=${CLIENT};proto=https;host=images.example` };
    assert.deepEqual(await seen(byX, { headers: forwarded }), [PROXY, originOf(byX)]);
    const x = { 'X-Forwarded-For': CLIENT, 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'images.example' };
    assert.deepEqual(await seen(byForwarded, { headers: x }), [PROXY, originOf(byForwarded)]);
  });

  it('judges the Host of the request if the forwarded one is no name of the service', async () => {
    const headers = { 'X-Forwarded-For': CLIENT, 'X-Forwarded-Host': 'evil.example' };
    assert.deepEqual(await seen(byX, { headers }), [CLIENT, originOf(byX)]);
    const foreign = await ask(originOf(byX), { from: PROXY, host: 'upstream.internal', headers });
    assert.equal(foreign.status, 421);
    const named = { ...headers, 'X-Forwarded-Host': 'images.example' };
    assert.equal((await ask(originOf(byX), { from: PROXY, host: 'upstream.internal', headers: named })).status, 200);
    assert.equal((await ask(originOf(byX), { from: STRANGE, host: 'upstream.internal', headers: named })).status, 421);
  });

  it('takes a page under the forwarded scheme and host for its own', async () => {
    const post = {
      method: 'POST',
      path: '/uploads',
      from: PROXY,
      body: '{"user_id":"ada","content_type":"image/jpeg"}',
    };
    const headers = {
      'Content-Type': 'application/json',
      Origin: 'https://images.example',
      'X-Forwarded-Host': 'images.example',
    };
    assert.equal((await ask(originOf(byX), { ...post, headers })).status, 403);
    assert.equal(
      (await ask(originOf(byX), { ...post, headers: { ...headers, 'X-Forwarded-Proto': 'https' } })).status,
      201,
    );
  });

  it('compares an absolute target with the Host header, not with a forwarded one', async () => {
    await using connection = await connectTo(originOf(byX), PROXY);
    const head = ['GET http://images.example/images HTTP/1.1', 'Host: 127.0.0.1', 'X-Forwarded-Host: images.example'];
    connection.socket.end(lines(...head));
    assert.match(await connection.ended, /^HTTP\/1\.1 400 /);
  });

  it('refuses a header that is too long to parse, of proxies only, and says who sent it', async () => {
    const long = `${'1.1.1.1, '.repeat(1_000)}${CLIENT}`;
    for (const [service, name] of [
      [byX, 'X-Forwarded-For'],
      [byX, 'X-Forwarded-Host'],
      [byX, 'X-Forwarded-Proto'],
      [byForwarded, 'Forwarded'],
    ] as const) {
      const asked = { from: PROXY, headers: { [name]: long } };
      const refused = await ask(originOf(service), asked);
      assert.equal(refused.status, 400);
      const detail = `expected at most ${MAX_HEADER_LENGTH} characters; got ${long.length}`;
      assert.ok(refused.body.includes(detail), refused.body);
      assert.equal(await clientAddressOf(service, refused.requestId), PROXY);
      assert.equal((await ask(originOf(service), { ...asked, from: STRANGE })).status, 200);
    }
  });

  it('reads as many hops as fit', async () => {
    const hops = `${CLIENT}, ${'10.0.0.2,'.repeat(900)}10.0.0.3`;
    assert.deepEqual(await seen(byX, { headers: { 'X-Forwarded-For': hops } }), [CLIENT, originOf(byX)]);
  });

  it('tells the address of a request that is refused before its route, and of health checks', async () => {
    const headers = { 'X-Forwarded-For': CLIENT };
    for (const [path, status] of [
      ['/images/../x', 400],
      ['/nowhere', 404],
      ['/objects/safelight/x', 403],
      ['/livez', 200],
    ] as const) {
      const answer = await ask(originOf(byX), { path, from: PROXY, host: 'images.example', headers });
      assert.equal(answer.status, status, path);
      assert.equal(await clientAddressOf(byX, answer.requestId), CLIENT, path);
    }
  });

  it('answers health checks whatever the proxy sends', async () => {
    const headers = { 'X-Forwarded-For': 'junk', 'X-Forwarded-Host': 'a b', 'X-Forwarded-Proto': 'ftp' };
    assert.equal((await ask(originOf(byX), { path: '/livez', from: PROXY, headers })).status, 200);
  });
});

describe('the log for people', () => {
  it("has the client's address", async () => {
    await using service = await startService({ LOG_FORMAT: 'pretty' });
    const { requestId } = await ask(service.origin, { path: '/nowhere', from: '127.0.0.7' });
    await until(async () => service.output().includes(requestId));
    assert.match(service.output(), new RegExp(`404 GET /nowhere [\\d.]+ ms 127\\.0\\.0\\.7 ${requestId}`));
  });
});

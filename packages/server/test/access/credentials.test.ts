import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { parseKeyId } from '../../src/domain/access/api-key-text.ts';
import { issued, withChecksum, withSecretOf } from '../../src/domain/access/api-keys.fixture.ts';
import type { ServiceEvent } from '../../src/observe/observer/observer.ts';
import { revokeKey } from '../../src/operations/keys/revoke-key.ts';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { createTestService, json } from '../services/service.ts';

/** The header and body of a 401, without what differs from request to request. */
async function refusalOf(answer: Response) {
  const body: Record<string, unknown> = { ...((await answer.json()) as object), request_id: '' };
  const headers = Object.fromEntries([...answer.headers].filter(([name]) => name !== 'x-request-id'));
  return { status: answer.status, headers, body };
}

describe('a request without a valid API key', () => {
  let service: ClosedService;
  let valid: string;
  const events: ServiceEvent[] = [];
  const attacks: [string, string, () => Promise<RequestInit>][] = [];
  before(async () => {
    service = await createClosedService({ observe: (event) => void events.push(event) });
    valid = await service.keyOf({ owner: 'ada' });
  });
  after(() => service[Symbol.asyncDispose]());

  const bearer = (credential: string): RequestInit => ({ headers: { Authorization: `Bearer ${credential}` } });
  const idOf = (key: string) => parseKeyId(key.slice(10, 26)) ?? assert.fail();

  attacks.push(
    ['missing', 'no header', async () => ({})],
    ['not-bearer', 'an empty header', async () => ({ headers: { Authorization: '' } })],
    ['not-bearer', 'basic authentication', async () => ({ headers: { Authorization: 'Basic YWRhOmFkYQ==' } })],
    ['not-bearer', 'the key without a scheme', async () => ({ headers: { Authorization: valid } })],
    ['not-bearer', 'two keys in one header', async () => bearer(`${valid}, Bearer ${valid}`)],
    ['too-long', '100 kB', async () => bearer(`safelight_${'A'.repeat(100_000)}`)],
    ['unknown-shape', 'another shape', async () => bearer('sk_live_0000000000000000')],
    ['unknown-shape', 'a token without a verifier', async () => bearer('eyJhbGciOiJub25lIn0.e30.')],
    ['unknown-shape', 'the prefix in capitals', async () => bearer(valid.toUpperCase())],
    ['malformed', 'the prefix alone', async () => bearer('safelight_')],
    ['malformed', 'a truncated key', async () => bearer(valid.slice(0, -1))],
    ['malformed', 'a wrong checksum', async () => bearer(`${valid.slice(0, -6)}000000`)],
    ['malformed', 'a right checksum of a short secret', async () => bearer(withChecksum(valid.slice(0, 60)))],
    ['unknown-key', 'a key of another service', async () => bearer(issued().text)],
    [
      'wrong-secret',
      'another secret',
      async () => bearer(withSecretOf({ id: idOf(valid), text: valid, secretHash: '' }, issued())),
    ],
    ['invalid-user', 'a key of a user with outer spaces', async () => bearer(await service.keyOf({ owner: 'ada ' }))],
    ['invalid-user', 'a key for an invisible user', async () => bearer(await service.keyOf({ actsAs: ['\u200b'] }))],
    [
      'expired',
      'an expired key',
      async () => {
        const key = await service.keyOf({ owner: 'ada', expiresAt: new Date(service.clock.now().getTime() + 1_000) });
        service.clock.offsetMs += 1_000;
        return bearer(key);
      },
    ],
    [
      'revoked',
      'a revoked key',
      async () => {
        const key = await service.keyOf({ owner: 'ada' });
        await revokeKey(service.services, idOf(key));
        return bearer(key);
      },
    ],
  );

  for (const [reason, name, make] of attacks)
    it(`is a 401 that is the same for every reason, and another for none: ${name}`, async () => {
      events.length = 0;
      const isNone = reason === 'missing';
      const expected = await refusalOf(await service.request('/images', isNone ? {} : bearer('junk')));
      assert.equal(expected.status, 401);
      const challenge = `Bearer realm="safelight"${isNone ? '' : ', error="invalid_token"'}`;
      assert.equal(expected.headers['www-authenticate'], challenge);
      assert.match(String(expected.body['detail']), isNone ? /; got none$/ : /; got one that is not accepted: /);
      const refused = await refusalOf(await service.request('/images', await make()));
      assert.deepEqual(refused, expected);
      const last = events.findLast(({ event }) => event === 'request-done');
      assert.ok(last?.event === 'request-done');
      assert.equal(last.reason, reason);
      assert.ok(!JSON.stringify(events).includes(valid.slice(27, 60)));
    });

  for (const query of ['access_token', 'api_key', 'key', 'token', 'authorization'])
    it(`is a 401 with the key in the query: ${query}`, async () => {
      assert.equal((await service.request(`/images?${query}=${valid}`)).status, 401);
    });

  it('is a 401 with the key in another header or in the body', async () => {
    for (const name of ['X-Api-Key', 'Api-Key', 'Proxy-Authorization', 'Cookie', 'X-User-Id'])
      assert.equal((await service.request('/images', { headers: { [name]: valid } })).status, 401, name);
    const body = { user_id: 'ada', content_type: 'image/jpeg', key: valid, access_token: valid };
    assert.equal((await service.request('/uploads', json(body))).status, 401);
  });

  it('needs none for health, the documentation and paths that do not exist', async () => {
    for (const path of ['/health', '/livez', '/openapi.json', '/'])
      assert.equal((await service.request(path)).status, 200, path);
    assert.equal((await service.request('/nowhere')).status, 404);
    assert.equal((await service.request('/health', bearer('safelight_junk'))).status, 200);
  });

  it('is a 401 whether the image exists or not', async () => {
    const grant = await service.as(valid, '/uploads', json({ content_type: 'image/jpeg' }));
    const { image_id } = (await grant.json()) as { image_id: string };
    const paths = [`/images/${image_id}/metadata`, '/images/01a1f82b-80d8-703c-9c86-1b8ba42038d1/metadata'];
    const [existing, absent] = await Promise.all(
      paths.map(async (path) => refusalOf(await service.request(path, bearer(issued().text)))),
    );
    assert.deepEqual(existing, absent);
  });
});

describe('in open mode', () => {
  it('a credential is ignored, also a broken one', async () => {
    await using service = await createTestService();
    for (const Authorization of ['Bearer safelight_junk', 'Basic x', '', `Bearer ${'x'.repeat(9_000)}`])
      assert.equal((await service.request('/images', { headers: { Authorization } })).status, 200);
  });
});

describe('a service with AUTH=api-key', () => {
  it('answers behind a proxy, under its own names only', async () => {
    await using service = await createClosedService({
      environment: { HOST: '0.0.0.0', PUBLIC_URL: 'https://images.example.org' },
    });
    const key = await service.keyOf({ owner: 'ada' });
    const ask = async (headers: Record<string, string>) =>
      (await service.as(key, '/images', { headers: { Host: 'images.example.org', ...headers } })).status;
    assert.equal(await ask({ 'X-Forwarded-For': '10.0.0.1', Via: '1.1 proxy' }), 200);
    assert.equal(await ask({ Host: 'images.example.org:8443' }), 200);
    assert.equal(await ask({ Host: '10.0.0.7' }), 421);
    assert.equal(await ask({ Host: 'evil.example' }), 421);
  });

  it('answers a preflight without a credential', async () => {
    await using service = await createClosedService({ environment: { CORS_ORIGINS: 'https://app.example.org' } });
    const headers = {
      Origin: 'https://app.example.org',
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'authorization, content-type',
    };
    const answer = await service.request('/uploads', { method: 'OPTIONS', headers });
    assert.equal(answer.status, 204);
    assert.equal(answer.headers.get('access-control-allow-headers'), 'authorization, content-type');
  });
});

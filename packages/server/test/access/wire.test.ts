import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createRandom } from '../chance/random.ts';
import { connectTo, lines, statuses } from '../http/raw-connection.ts';
import { type RunningService, startService } from '../services/running-service.ts';
import { json } from '../services/service.ts';

const ORIGIN = 'https://app.example.org';
const FIFTY_MB = 50 * 1_048_576;
const ABSENT = '01a1f82b-80d8-703c-9c86-1b8ba42038d1';

/** The requests here are bytes on a socket, because clients and `app.request` would tidy them. */
describe('on the wire, a closed service', () => {
  let service: RunningService;
  let admin: string;
  const keys = { ada: '', bob: '' };
  const images = { ada: '', bob: '' };

  before(async () => {
    service = await startService({ AUTH: 'api-key', RATE_LIMITS: 'off', CORS_ORIGINS: ORIGIN });
    admin = (await readFile(join(service.folder, 'data', 'admin-key'), 'utf8')).trim();
    for (const owner of ['ada', 'bob'] as const) {
      const terms = { name: owner, owner, scopes: ['images:read', 'images:write'] };
      keys[owner] = (await answered<{ key: string }>('/keys', admin, terms)).key;
      images[owner] = (await answered<{ image_id: string }>('/uploads', keys[owner], GRANT)).image_id;
    }
  });
  after(() => service[Symbol.asyncDispose]());

  const GRANT = { content_type: 'image/jpeg' };
  const bearer = (key: string): string => `Authorization: Bearer ${key}`;

  async function answered<Body>(path: string, key: string, body: object): Promise<Body> {
    const answer = await fetch(`${service.origin}${path}`, json(body, { Authorization: `Bearer ${key}` }));
    assert.equal(answer.status, 201);
    return (await answer.json()) as Body;
  }

  /** The text of the first answers to what is sent; nothing follows, so it doesn't wait for a body. */
  async function send(text: string, count = 1): Promise<string> {
    await using connection = await connectTo(service.origin);
    connection.socket.write(text);
    return await connection.until((received) => statuses(received).length >= count && received.includes('\r\n\r\n'));
  }

  const ask = async (...head: string[]): Promise<number | undefined> =>
    statuses(await send(lines(...head, 'Host: localhost')))[0];

  const UPLOADS: readonly [name: string, path: string, type: string][] = [
    ['raw bytes', '/images/upload', 'image/jpeg'],
    ['a form', '/images', 'multipart/form-data; boundary=x'],
    ['a form of the earlier clients', '/images/upload', 'multipart/form-data; boundary=x'],
    ['JSON', '/images/upload', 'application/json'],
    ['a grant', '/uploads', 'application/json'],
  ];
  for (const [name, path, type] of UPLOADS)
    for (const [how, length] of [
      ['50 MB', `Content-Length: ${FIFTY_MB}`],
      ['any length', 'Transfer-Encoding: chunked'],
    ])
      it(`refuses an upload without a credential before a byte of its body: ${name} of ${how}`, async () => {
        for (const credential of ['X-Nothing: 1', bearer('safelight_junk')]) {
          const head = [`POST ${path} HTTP/1.1`, `Content-Type: ${type}`, length ?? '', credential];
          assert.equal(await ask(...head), 401);
          assert.equal(await ask(...head, 'Expect: 100-continue'), 401, 'no 100 before');
        }
      });

  it('refuses an upload by a used-up token before a byte of its body', async () => {
    const { token } = await answered<{ token: string }>('/upload-tokens', keys.ada, { max_images: 1 });
    await answered('/uploads', token, GRANT);
    for (const [, path, type] of UPLOADS.filter(([name]) => name !== 'a grant')) {
      const head = [`POST ${path} HTTP/1.1`, `Content-Type: ${type}`, 'Content-Length: 1000000', bearer(token)];
      assert.equal(await ask(...head), 403);
      assert.equal(await ask(...head, 'Expect: 100-continue', 'Idempotency-Key: unknown'), 403, 'no 100 before');
    }
  });

  it('asks a caller with a credential for the body that it holds back', async () => {
    const body = JSON.stringify(GRANT);
    const head = ['POST /uploads HTTP/1.1', 'Host: localhost', 'Content-Type: application/json'];
    await using connection = await connectTo(service.origin);
    connection.socket.write(lines(...head, `Content-Length: ${body.length}`, bearer(keys.ada), 'Expect: 100-continue'));
    assert.deepEqual(statuses(await connection.until((received) => received.includes('\r\n\r\n'))), [100]);
    connection.socket.write(body);
    assert.deepEqual(statuses(await connection.until((received) => received.endsWith('}'))), [100, 201]);
  });

  for (const credential of ['X-Nothing: 1', bearer('safelight_junk')]) {
    it(`answers a preflight, unknown paths and wrong methods before authentication: ${credential}`, async () => {
      const preflight = [`Origin: ${ORIGIN}`, 'Access-Control-Request-Method: POST'];
      assert.equal(await ask('OPTIONS /uploads HTTP/1.1', ...preflight, credential), 204);
      assert.equal(await ask(`OPTIONS /images/${images.ada} HTTP/1.1`, ...preflight, credential), 204);
      assert.equal(await ask('GET /nowhere HTTP/1.1', credential), 404);
      assert.equal(await ask('POST /nowhere HTTP/1.1', 'Content-Length: 9', credential), 404);
      assert.equal(await ask('PUT /uploads HTTP/1.1', 'Content-Length: 9', credential), 405);
      assert.equal(await ask('DELETE /images HTTP/1.1', credential), 405);
    });
  }

  it('refuses two Authorization headers, in any spelling and order', async () => {
    const [ada, bob] = [`Bearer ${keys.ada}`, `Bearer ${keys.bob}`];
    for (const [first, second] of [
      [`Authorization: ${ada}`, `Authorization: ${ada}`],
      [`Authorization: ${ada}`, `Authorization: ${bob}`],
      [`Authorization: ${ada}`, `AUTHORIZATION: ${bob}`],
      [`authorization: ${ada}`, 'Authorization: Basic YWRhOmFkYQ=='],
      ['Authorization: Bearer safelight_junk', `authorization: ${ada}`],
      [`Authorization: ${ada}`, 'aUTHORIZATION:'],
      [`Authorization: ${ada}, ${bob}`, 'X-Nothing: 1'],
    ] as const)
      assert.equal(await ask('GET /images HTTP/1.1', first, second), 401, `${first} ${second}`);
    assert.equal(await ask('GET /images HTTP/1.1', `aUTHORIZATION: bearer  ${keys.ada}`), 200);
  });

  it('refuses two users in headers, in any spelling', async () => {
    for (const [first, second] of [
      ['X-User-Id: ada', 'x-user-id: bob'],
      ['X-User-Id: ada', 'User-Id: bob'],
      ['user-id: bob', 'USER-ID: ada'],
    ] as const)
      assert.equal(await ask('GET /images HTTP/1.1', bearer(admin), first, second), 400, `${first} ${second}`);
    assert.equal(await ask('GET /images HTTP/1.1', bearer(admin), 'X-User-Id: ada', 'x-user-id: ada'), 200);
  });

  it('refuses a key in the query, also beside a broken one in the header', async () => {
    for (const name of ['access_token', 'api_key', 'key', 'authorization']) {
      assert.equal(await ask(`GET /images?${name}=${keys.ada} HTTP/1.1`), 401);
      assert.equal(await ask(`GET /images?${name}=${keys.ada} HTTP/1.1`, bearer('safelight_junk')), 401);
    }
  });

  it('refuses long credentials: 401, or 431 past the limit of all headers', async () => {
    for (const [length, status] of [
      [9_000, 401],
      [60_000, 401],
      [100_000, 431],
    ] as const)
      for (const prefix of ['safelight_', 'eyJhbGciOiJub25lIn0.', `${keys.ada}.`])
        assert.equal(await ask('GET /images HTTP/1.1', bearer(`${prefix}${'A'.repeat(length)}`)), status);
  });

  it('never takes one pipelined request for that of another caller', async () => {
    const random = createRandom(20261122);
    const credentials = { ada: bearer(keys.ada), bob: bearer(keys.bob), nobody: 'X-Nothing: 1' };
    const callers = Object.keys(credentials) as (keyof typeof credentials)[];

    async function interleave(): Promise<void> {
      const body = JSON.stringify(GRANT);
      const asked = Array.from({ length: 90 }, () => {
        const [caller, owner] = [random.pick(callers), random.pick(['ada', 'bob'] as const)];
        const target = random.pick(['metadata', 'grant', 'absent'] as const);
        const head = [credentials[caller], 'Host: localhost'];
        if (target === 'grant') {
          const length = ['Content-Type: application/json', `Content-Length: ${body.length}`];
          const status = caller === 'nobody' ? 401 : 201;
          return { caller, status, text: lines('POST /uploads HTTP/1.1', ...head, ...length) + body };
        }
        const id = target === 'absent' ? ABSENT : images[owner];
        const mine = target === 'metadata' && caller === owner ? 200 : 404;
        const status = caller === 'nobody' ? 401 : mine;
        return { caller, status, text: lines(`GET /images/${id}/metadata HTTP/1.1`, ...head) };
      });
      await using connection = await connectTo(service.origin);
      connection.socket.write(asked.map(({ text }) => text).join(''));
      const received = await connection.until((text) => statuses(text).length === asked.length && text.endsWith('}'));
      assert.deepEqual(
        statuses(received),
        asked.map(({ status }) => status),
      );
      const granted = [...received.matchAll(/"image_id":"([^"]+)","upload_url"/g)].map(([, id]) => id);
      const granters = asked.filter(({ status }) => status === 201).map(({ caller }) => caller);
      const owners = await Promise.all(granted.map(async (id) => ownerOf(id ?? '')));
      assert.deepEqual(owners, granters);
    }

    for (let round = 0; round < 2; round += 1) await Promise.all(Array.from({ length: 8 }, interleave));
  });

  async function ownerOf(id: string): Promise<string> {
    const answer = await fetch(`${service.origin}/images/${id}/metadata`, {
      headers: { Authorization: `Bearer ${admin}` },
    });
    return ((await answer.json()) as { user_id: string }).user_id;
  }
});

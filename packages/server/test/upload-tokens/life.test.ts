import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { unauthenticated } from '../../src/callers/authenticator/credential.ts';
import { sealed } from '../../src/callers/authenticator/jwt/signed-tokens.fixture.ts';
import { revokeKey } from '../../src/operations/keys/revoke-key.ts';
import { rotateKey } from '../../src/operations/keys/rotate-key.ts';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { json } from '../services/service.ts';
import { mint, refusal, told } from './token-client.ts';

const JWT_SECRET = 's'.repeat(32);
const JWT = { JWT_SECRET, JWT_AUDIENCE: 'images', JWT_ISSUER: 'https://login.example.org' };
const GRANT = json({ content_type: 'image/png' });

const jwtOf = (sub: string): string =>
  sealed(JWT_SECRET, {
    sub,
    aud: JWT.JWT_AUDIENCE,
    iss: JWT.JWT_ISSUER,
    iat: Math.floor(Date.now() / 1000),
    exp: Math.floor(Date.now() / 1000) + 300,
  });

const grant = async (service: ClosedService, token: string): Promise<number> =>
  (await service.as(token, '/uploads', GRANT)).status;

const idOf = (key: string): string => key.split('_')[1] ?? '';

describe('an upload token that an API key minted', () => {
  it('ends at its expiry, to the second', async () => {
    await using service = await createClosedService();
    const { token, expires_at } = await mint(service, await service.keyOf({ owner: 'ada' }), { expires_in: 60 });
    const leftMs = Date.parse(expires_at) - Date.now();
    service.clock.offsetMs = leftMs - 1_000;
    assert.equal(await grant(service, token), 201);
    service.clock.offsetMs = leftMs + 1;
    const ended = await service.as(token, '/uploads', GRANT);
    const { detail } = (await ended.json()) as { detail: string };
    assert.deepEqual([ended.status, detail], [401, unauthenticated('expired').detail]);
  });

  for (const [fate, end] of [
    ['revocation', revokeKey],
    ['rotation without overlap', (services, id) => rotateKey(services, { id, overlapSeconds: 0, access: null })],
  ] as readonly (readonly [string, (services: ClosedService['services'], id: string) => Promise<unknown>])[])
    it(`ends at once with the ${fate} of its key, also for its own images, and if it was used meanwhile`, async () => {
      await using service = await createClosedService();
      const { keys } = service.services;
      const key = await service.keyOf({ owner: 'ada' });
      const { token } = await mint(service, key);
      const { body } = await told(service.as(token, '/uploads', GRANT));
      /** The write of the key's end, after a request has read the key again. */
      const used = async (write: () => Promise<boolean>): Promise<boolean> => {
        assert.equal(await grant(service, token), 201);
        return write();
      };
      const meanwhile: typeof keys = {
        ...keys,
        replace: (from, to) => used(() => keys.replace(from, to)),
        rotate: (rotation) => used(() => keys.rotate(rotation)),
      };
      await end({ ...service.services, keys: meanwhile }, idOf(key));
      for (const [path, init] of [
        ['/uploads', GRANT],
        [`/images/${body.image_id}/metadata`, {}],
        [`/images/${body.image_id}/complete`, { method: 'POST' }],
      ] as const)
        assert.deepEqual((await refusal(service.as(token, path, init))).slice(0, 2), [401, 'unauthenticated']);
    });

  it('lives through the overlap of a rotation, and ends with it', async () => {
    await using service = await createClosedService();
    const key = await service.keyOf({ owner: 'ada' });
    const { token } = await mint(service, key);
    await service.as(service.admin, `/keys/${idOf(key)}/rotate`, json({ overlap_seconds: 60 }));
    service.clock.offsetMs = 50_000;
    assert.equal(await grant(service, token), 201);
    service.clock.offsetMs = 66_000;
    assert.equal(await grant(service, token), 401);
  });

  it('ends when its key expires', async () => {
    await using service = await createClosedService();
    const { token } = await mint(
      service,
      await service.keyOf({ owner: 'ada', expiresAt: new Date(Date.now() + 30_000) }),
    );
    assert.equal(await grant(service, token), 201);
    service.clock.offsetMs = 31_000;
    assert.equal(await grant(service, token), 401);
  });

  it('counts for nothing in another service', async () => {
    await using service = await createClosedService();
    await using other = await createClosedService();
    const { token } = await mint(service, await service.keyOf({ owner: 'ada' }));
    assert.equal(await grant(other, token), 401);
  });

  it('needs a service that accepts keys, whatever it accepted before', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-tokens-'));
    const statusWith = async (environment: Record<string, string>, token: string) => {
      await using service = await createClosedService({ folder: folder.path, environment });
      return grant(service, token);
    };
    const token = await mintIn(folder.path, {});
    assert.equal(await statusWith({ AUTH: 'jwt', ...JWT }, token), 401);
    assert.equal(await statusWith({ AUTH: 'jwt,api-key', ...JWT }, token), 201);
  });

  it('counts with a former secret of the service, until that is removed', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-tokens-'));
    const [old, next] = ['a'.repeat(32), 'b'.repeat(32)];
    const token = await mintIn(folder.path, { SECRET_KEY: old });
    for (const [secrets, status] of [
      [`${next},${old}`, 201],
      [next, 401],
    ] as const) {
      await using service = await createClosedService({ folder: folder.path, environment: { SECRET_KEY: secrets } });
      assert.equal(await grant(service, token), status);
    }
  });
});

/** A token of a service that ends before the next one begins on its folder. */
async function mintIn(folder: string, environment: Record<string, string>): Promise<string> {
  await using service = await createClosedService({ folder, environment });
  return (await mint(service, await service.keyOf({ owner: 'ada' }))).token;
}

describe('an upload token that an issuer’s token minted', () => {
  it('is its user’s, and lives to its own expiry', async () => {
    await using service = await createClosedService({ environment: { AUTH: 'jwt,api-key', ...JWT } });
    const jwt = jwtOf('ada');
    const { token, user_id } = await mint(service, jwt, { expires_in: 3_600 });
    assert.equal(user_id, 'ada');
    service.clock.offsetMs = 1_800_000;
    assert.equal(await grant(service, jwt), 401, 'the issuer’s token has expired');
    assert.equal(await grant(service, token), 201);
    service.clock.offsetMs = 3_601_000;
    assert.equal(await grant(service, token), 401);
  });

  it('uploads images that their user’s own token finds', async () => {
    await using service = await createClosedService({ environment: { AUTH: 'jwt,api-key', ...JWT } });
    const { token } = await mint(service, jwtOf('ada'));
    const { body } = await told(service.as(token, '/uploads', GRANT));
    assert.equal((await service.as(jwtOf('ada'), `/images/${body.image_id}/metadata`)).status, 200);
    assert.equal((await service.as(jwtOf('bob'), `/images/${body.image_id}/metadata`)).status, 404);
  });
});

describe('upload tokens that the tokens of one subject minted', () => {
  it('share images and Idempotency-Keys, and with those of the user’s key neither', async () => {
    await using service = await createClosedService({ environment: { AUTH: 'jwt,api-key', ...JWT } });
    const minters = [jwtOf('ada'), jwtOf('ada'), await service.keyOf({ owner: 'ada' })];
    const tokens = await Promise.all(minters.map(async (minter) => (await mint(service, minter)).token));
    const keyed = json({ content_type: 'image/png' }, { 'Idempotency-Key': 'shared' });
    const ids: string[] = [];
    for (const token of tokens) ids.push((await told(service.as(token, '/uploads', keyed))).body.image_id);
    const [first, second, ofKey] = ids;
    assert.equal(second, first);
    assert.notEqual(ofKey, first);
    const statuses = tokens.map(async (token) => (await service.as(token, `/images/${first}/metadata`)).status);
    assert.deepEqual(await Promise.all(statuses), [200, 200, 404]);
  });
});

describe('a mutated upload token', () => {
  it('is refused like any other invalid credential', async () => {
    await using service = await createClosedService();
    const { token } = await mint(service, await service.keyOf({ owner: 'ada' }));
    const [claims = '', tag = ''] = token.slice('slu_'.length).split('.');
    const forged = Buffer.from(Buffer.from(claims, 'base64url').toString().replace('"ada"', '"bob"')).toString(
      'base64url',
    );
    for (const text of [
      `slu_${forged}.${tag}`,
      `slu_${claims}.`,
      `slu_${claims}`,
      `slu_${claims}.${tag}.${tag}`,
      `slu_.${tag}`,
      'slu_',
      `SLU_${claims}.${tag}`,
      `slu_${claims}=.${tag}`,
      `slu_${'A'.repeat(8_000)}.${tag}`,
    ]) {
      const answer = await service.as(text, '/uploads', GRANT);
      const { detail } = (await answer.json()) as { detail: string };
      assert.deepEqual([answer.status, detail], [401, unauthenticated('malformed').detail]);
    }
  });

  it('is read nowhere but in Authorization', async () => {
    await using service = await createClosedService();
    const { token } = await mint(service, await service.keyOf({ owner: 'ada' }));
    for (const path of [`/uploads?token=${token}`, `/uploads?access_token=${token}`])
      assert.equal((await service.request(path, GRANT)).status, 401);
    assert.equal((await service.request('/uploads', json({ content_type: 'image/png', token }))).status, 401);
    assert.equal((await service.request('/uploads', { ...GRANT, headers: { Cookie: `token=${token}` } })).status, 401);
  });
});

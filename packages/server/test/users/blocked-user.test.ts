import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { sealed } from '../../src/callers/authenticator/jwt/signed-tokens.fixture.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { userHashOf } from '../../src/domain/user/user-hash.ts';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { json, post, type TestService } from '../services/service.ts';
import { createSharingService } from '../services/sharing-service.ts';

const JWT_SECRET = 's'.repeat(32);
const JWT = { JWT_SECRET, JWT_AUDIENCE: 'images', JWT_ISSUER: 'https://login.example.org' };

function jwtOf(sub: string): string {
  const iat = Math.floor(Date.now() / 1_000);
  return sealed(JWT_SECRET, { sub, aud: JWT.JWT_AUDIENCE, iss: JWT.JWT_ISSUER, iat, exp: iat + 300 });
}

const REFUSED = [403, 'user-erased'];

async function block({ services }: TestService, userId: string): Promise<void> {
  const { erasures, clock, newId } = services;
  const key = await erasures.addKey('ab'.repeat(32));
  const erasedAt = clock.now();
  const blockedUntil = new Date(erasedAt.getTime() + 3_600_000);
  await erasures.add({ id: newId(), userHash: userHashOf(key, userId), imageIds: [], erasedAt, blockedUntil });
}

async function answerTo(answer: Promise<Response>): Promise<(string | number)[]> {
  const { status, headers } = await answer;
  if (!headers.get('content-type')?.includes('problem+json')) return [status];
  return [status, ((await (await answer).clone().json()) as { code: string }).code];
}

const grantOf = (userId: string) => json({ user_id: userId, content_type: 'image/jpeg' });

describe('an open service', () => {
  let service: TestService;
  let picture: Uint8Array<ArrayBuffer>;
  let url: string;
  before(async () => {
    service = await createSharingService({ environment: { USAGE: 'on' } });
    picture = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));
    const granted = await service.request('/uploads', grantOf('ada'));
    url = ((await granted.json()) as { upload_url: string }).upload_url;
    await block(service, 'ada');
  });
  after(() => service[Symbol.asyncDispose]());

  const form = (userId: string) => {
    const body = new FormData();
    body.set('user_id', userId);
    body.set('file', new File([picture], 'ada.jpg', { type: 'image/jpeg' }));
    return { method: 'POST', body };
  };

  it('refuses every way in which a request names a blocked user, and no other user', async () => {
    for (const [userId, expected] of [
      ['ada', REFUSED],
      ['bob', [201]],
    ] as const) {
      const header = { 'X-User-Id': userId };
      const asked = {
        'a grant': service.request('/uploads', grantOf(userId)),
        'a header': service.request('/uploads', json({ content_type: 'image/jpeg' }, header)),
        'a query': service.request(`/images/upload?user_id=${userId}`, post(picture, 'image/jpeg')),
        'a form': service.request('/images', form(userId)),
      };
      for (const [name, answer] of Object.entries(asked))
        assert.deepEqual(await answerTo(answer), name === 'a query' && userId === 'bob' ? [200] : expected, name);
    }
  });

  it('stores no limits for a blocked user, and takes none away', async () => {
    const limits = { ...json({ bytes: null, images: 1, pending: null }), method: 'PUT' };
    for (const [userId, expected] of [
      ['ada', REFUSED],
      ['bob', [200]],
    ] as const)
      for (const request of [limits, { method: 'DELETE' }])
        assert.deepEqual(
          await answerTo(service.request(`/quotas/${userId}`, request)),
          expected,
          `${request.method} ${userId}`,
        );
  });

  it('refuses the blocked member of a batch alone', async () => {
    const uploads = ['ada', 'bob'].map((user) => ({ user_id: user, content_type: 'image/jpeg' }));
    const answer = await service.request('/images/uploads', json({ uploads }));
    const { results } = (await answer.json()) as { results: { error?: { code: string } }[] };
    assert.deepEqual(
      results.map(({ error }) => error?.code),
      ['user-erased', undefined],
    );
  });

  it('receives nothing by a URL that was given out before', async () => {
    const answer = await service.send(url, {
      method: 'PUT',
      body: picture,
      headers: { 'content-type': 'image/jpeg' },
    });
    assert.equal(answer.status, 403);
    assert.match(await answer.text(), /<Code>AccessDenied<.*was deleted/);
    assert.deepEqual(await service.storedFiles().then((files) => files.filter((one) => one.includes('incoming'))), []);
  });

  it('keeps nothing of an upload whose record was removed while its bytes came', async () => {
    const granted = await service.request('/uploads', grantOf('dan'));
    const { image_id, upload_url } = (await granted.json()) as { image_id: ImageId; upload_url: string };
    const deleted = await service.request(`/images/${image_id}?user_id=dan`, { method: 'DELETE' });
    assert.equal(deleted.status, 200);
    const { userRecords } = service.services.operator ?? assert.fail();
    await userRecords.remove({ userId: 'dan', imageIds: [image_id], tokenIds: [], keys: [] });
    const headers = { 'content-type': 'image/jpeg' };
    const answer = await service.send(upload_url, { method: 'PUT', body: picture, headers });
    assert.equal(answer.status, 409);
    assert.deepEqual(await service.storedFiles().then((files) => files.filter((one) => one.includes('incoming'))), []);
  });

  it('takes the user again once the block has ended', async () => {
    await using other = await createSharingService();
    const { erasures, clock, newId } = other.services;
    const key = await erasures.addKey('ab'.repeat(32));
    const past = new Date(clock.now().getTime() - 1);
    await erasures.add({
      id: newId(),
      userHash: userHashOf(key, 'ada'),
      imageIds: [],
      erasedAt: past,
      blockedUntil: past,
    });
    assert.deepEqual(await answerTo(other.request('/uploads', grantOf('ada'))), [201]);
  });
});

describe('a closed service', () => {
  let service: ClosedService;
  before(async () => {
    service = await createClosedService({ environment: { AUTH: 'jwt,api-key', EVENTS: 'on', ...JWT } });
  });
  after(() => service[Symbol.asyncDispose]());

  it("refuses a blocked user's keys, tokens of an issuer and upload tokens, and backends that act for the user", async () => {
    const own = await service.keyOf({ owner: 'ada' });
    const backend = await service.keyOf({ actsAs: 'everyone' });
    const minted = await service.as(own, '/upload-tokens', json({}));
    const { token } = (await minted.json()) as { token: string };
    const asked = {
      'a key': () => service.as(own, '/images'),
      'a token of the issuer': () => service.as(jwtOf('ada'), '/images'),
      'a token': () => service.as(token, '/uploads', json({ content_type: 'image/jpeg' })),
      'a backend': () => service.as(backend, '/uploads', grantOf('ada')),
      'a backend that mints': () => service.as(backend, '/upload-tokens', json({ user_id: 'ada' })),
    };
    for (const [name, ask] of Object.entries(asked)) assert.ok((await ask()).ok, name);
    await block(service, 'ada');
    for (const [name, ask] of Object.entries(asked)) assert.deepEqual(await answerTo(ask()), REFUSED, name);
    assert.ok((await service.as(backend, '/uploads', grantOf('bob'))).ok);
    assert.ok((await service.as(jwtOf('bob'), '/images')).ok);
    assert.deepEqual(await answerTo(service.as(own, '/whoami')), REFUSED);
  });

  it('makes no key and no webhook for a blocked user, also by an admin', async () => {
    await block(service, 'eve');
    const ask = (path: string, body: object, method = 'POST') =>
      answerTo(service.as(service.admin, path, { ...json(body), method }));
    const made = await service.as(service.admin, '/webhooks', json({ url: 'https://example.com/hooks' }));
    const { webhook_id: id } = (await made.json()) as { webhook_id: string };
    const key = { name: 'laptop', scopes: ['images:read'] };
    for (const [userId, created, changed] of [
      ['eve', REFUSED, REFUSED],
      ['bob', [201], [200]],
    ] as const) {
      assert.deepEqual(await ask('/keys', { ...key, owner: userId }), created);
      assert.deepEqual(await ask('/keys', { ...key, acts_as: ['dan', userId] }), created);
      assert.deepEqual(await ask('/webhooks', { url: 'https://example.com/hooks', user_id: userId }), created);
      assert.deepEqual(await ask(`/webhooks/${id}`, { user_id: userId }, 'PATCH'), changed);
    }
  });
});

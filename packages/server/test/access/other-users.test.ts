import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { json } from '../services/service.ts';

const GRANT = { content_type: 'image/jpeg' };

interface Page {
  readonly images: readonly { readonly image_id: string; readonly user_id: string }[];
  readonly next_cursor: string | null;
}

describe('what one user holds', () => {
  let service: ClosedService;
  const keys = { ada: '', bob: '', admin: '' };
  before(async () => {
    service = await createClosedService();
    for (const owner of ['ada', 'bob'] as const) keys[owner] = await service.keyOf({ owner });
    keys.admin = service.admin;
  });
  after(() => service[Symbol.asyncDispose]());

  async function told<Body>(answer: Promise<Response>, status: number): Promise<Body> {
    const body = (await (await answer).json()) as Body & { status?: number };
    assert.equal((await answer).status, status, JSON.stringify(body));
    return body;
  }
  const grant = (key: string, headers: Record<string, string> = {}, fields = GRANT) =>
    told<{ image_id: string }>(service.as(key, '/uploads', json(fields, headers)), 201);

  for (const status of ['pending', 'ready', 'rejected'])
    it(`is no cursor for another: a list of ${status} images`, async () => {
      const picture = new Uint8Array(await testImage({ type: 'image/jpeg', width: 16, height: 12 }));
      for (let count = 0; count < 3; count += 1)
        for (const key of [keys.ada, keys.bob])
          if (status === 'pending') await grant(key);
          else if (status === 'ready') {
            const body = new FormData();
            body.set('file', new File([picture], 'my.jpg', { type: 'image/jpeg' }));
            await told(service.as(key, '/images', { method: 'POST', body }), 201);
          } else {
            const { image_id, upload_url, headers } = await told<{
              image_id: string;
              upload_url: string;
              headers: Record<string, string>;
            }>(service.as(key, '/uploads', json(GRANT)), 201);
            await service.send(upload_url, { method: 'PUT', headers, body: new Uint8Array([1, 2, 3]) });
            await service.as(key, `/images/${image_id}/complete`, { method: 'POST' });
          }
      const list = `/images?limit=1&status=${status}`;
      const { next_cursor } = await told<Page>(service.as(keys.ada, list), 200);
      assert.ok(next_cursor !== null);
      const next = `${list}&cursor=${next_cursor}`;
      await told(service.as(keys.ada, next), 200);
      assert.equal((await told<{ code: string }>(service.as(keys.bob, next), 400)).code, 'invalid-cursor');
      await told(service.as(keys.bob, `${next}&user_id=ada`), 403);
      await told(service.as(keys.admin, next), 400);
      const asAda = await told<Page>(service.as(keys.admin, `${next}&user_id=ada`), 200);
      assert.deepEqual(new Set(asAda.images.map(({ user_id }) => user_id)), new Set(['ada']));
    });

  it('is no Idempotency-Key for another, not even with another request', async () => {
    const key = { 'Idempotency-Key': 'once' };
    const ada = await grant(keys.ada, key);
    const bob = await grant(keys.bob, key, { content_type: 'image/png' });
    assert.notEqual(bob.image_id, ada.image_id);
    assert.equal((await grant(keys.ada, key)).image_id, ada.image_id);
    assert.equal((await grant(keys.bob, key, { content_type: 'image/png' })).image_id, bob.image_id);
    await told(service.as(keys.bob, '/uploads', json(GRANT, key)), 409);
    assert.equal((await grant(keys.admin, { ...key, 'X-User-Id': 'ada' })).image_id, ada.image_id);
  });

  it('is no grant for another', async () => {
    const { image_id } = await grant(keys.ada);
    for (const [method, path] of [
      ['POST', '/complete'],
      ['GET', '/metadata'],
      ['GET', '/metadata?wait=20'],
      ['DELETE', ''],
      ['POST', '/trash'],
    ] as const)
      await told(service.as(keys.bob, `/images/${image_id}${path}`, { method }), 404);
    await told(service.as(keys.ada, `/images/${image_id}/metadata`), 200);
  });

  it('is no user for the fields of a form or a body, once the bytes are read', async () => {
    const picture = new Uint8Array(await testImage({ type: 'image/jpeg', width: 16, height: 12 }));
    const file = new File([picture], 'my.jpg', { type: 'image/jpeg' });
    for (const path of ['/images', '/images/upload'])
      for (const userFirst of [true, false]) {
        const body = new FormData();
        if (userFirst) body.set('user_id', 'bob');
        body.set('file', file);
        if (!userFirst) body.set('user_id', 'bob');
        const stored = await service.storedFiles();
        await told(service.as(keys.ada, path, { method: 'POST', body }), 403);
        assert.deepEqual(await service.storedFiles(), stored);
      }
    const base64 = Buffer.from(picture).toString('base64');
    const body = { user_id: 'bob', file: base64, metadata: { content_type: 'image/jpeg' } };
    await told(service.as(keys.ada, '/images/upload', json(body)), 403);
    await told(service.as(keys.ada, '/uploads', json({ ...GRANT, user_id: 'bob' })), 403);
  });
});

/** Texts that look alike. A name with a space at its end or a control character may also be no name at all: 400. */
const ALIKE: readonly [name: string, one: string, other: string][] = [
  ['case', 'zoë', 'Zoë'],
  ['Unicode form', 'zo\u00eb', 'zoe\u0308'],
  ['a space at the end', 'zoë', 'zoë '],
  ['a space at the start', 'zoë', ' zoë'],
  ['a no-break space at the end', 'zoë', 'zoë\u00a0'],
  ['a zero-width space', 'zoë', 'zo\u200bë'],
  ['a zero-width joiner', 'zoë', 'zoë\u200d'],
  ['a byte order mark', 'zoë', '\ufeffzoë'],
  ['a soft hyphen', 'zoë', 'zo\u00adë'],
  ['a Cyrillic letter', 'zoa', 'zo\u0430'],
  ['a full-width letter', 'zoe', 'zo\uff45'],
  ['a ligature', 'fish', '\ufb01sh'],
  ['the Kelvin sign', 'k', '\u212a'],
  ['a long s', 's', '\u017f'],
  ['a sharp s', 'strasse', 'straße'],
  ['a dotless i', 'i', '\u0131'],
  ['a percent sign', 'a/b', 'a%2Fb'],
  ['a null character', 'zoë', 'zoë\u0000'],
  ['a slash', 'a', 'a/'],
];

/** A header's bytes, as a client sends UTF-8. */
const inHeader = (userId: string): string => Buffer.from(userId).toString('latin1');

describe('two users whose ids look alike', () => {
  let service: ClosedService;
  before(async () => {
    service = await createClosedService();
  });
  after(() => service[Symbol.asyncDispose]());

  for (const [name, one, other] of ALIKE) {
    it(`are two users, or one of them is none: ${name}`, async () => {
      const key = await service.keyOf({ owner: one });
      const granted = await service.as(key, '/uploads', json(GRANT));
      assert.equal(granted.status, 201);
      const { image_id } = (await granted.json()) as { image_id: string };

      const isNamedBy = async (init: RequestInit, query = ''): Promise<number> =>
        (await service.as(key, `/uploads${query}`, init)).status;
      const isRefused = (status: number, where: string): void =>
        assert.ok(status === 403 || status === 400, `${where}: ${status}`);
      const query = `?user_id=${encodeURIComponent(other)}`;
      isRefused(await isNamedBy(json(GRANT), query), 'query');
      isRefused(await isNamedBy(json({ ...GRANT, user_id: other })), 'body');
      // A header's value can't begin or end with a space (RFC 9110 5.5), nor contain this control character.
      if (!/^ | $|\0/.test(other)) isRefused(await isNamedBy(json(GRANT, { 'X-User-Id': inHeader(other) })), 'header');

      // Acting for the other by right, or with the other's key, finds nothing of the first.
      const listed = await service.as(service.admin, `/images${query}&status=pending`);
      assert.ok(listed.status === 200 || listed.status === 400, `${listed.status}`);
      if (listed.status === 200) assert.equal(((await listed.json()) as { count: number }).count, 0);
      const found = await service.as(await service.keyOf({ owner: other }), `/images/${image_id}/metadata`);
      assert.ok([401, 404].includes(found.status), `${found.status}`); // a key of nobody is refused
      const mine = await service.as(key, `/images/${image_id}/metadata?user_id=${encodeURIComponent(one)}`);
      assert.equal(mine.status, 200);
    });

    it(`are two users for a service with a list, or one of them is none: ${name}`, async () => {
      const key = await service.keyOf({ actsAs: [one] });
      assert.equal((await service.as(key, '/uploads', json({ ...GRANT, user_id: one }))).status, 201);
      const { status } = await service.as(key, '/uploads', json({ ...GRANT, user_id: other }));
      assert.ok(status === 403 || status === 400, `${status}`);
    });
  }
});

import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { ClosedService } from '../services/closed-service.ts';
import { onEachRepository } from '../services/on-each-repository.ts';
import type { Grant } from '../services/s3-service.ts';
import { json } from '../services/service.ts';
import { FORMS, type Form, mint, picture, refusal, type Said, told } from './token-client.ts';

const CONCURRENT = 4;
const MAX_ATTEMPTS = 5;
const TRANSIENT = ['idempotency-in-progress', 'unavailable'];
const EVERYONE = { actsAs: 'everyone' } as const;
const USED_UP = [403, 'upload-token-used-up', undefined];
const HIDDEN = [404, 'image-not-found', undefined];

/** Clients ask for a token before each request. */
onEachRepository('a fresh upload token', (serviceOf) => {
  let service: ClosedService;
  let backend: string;
  before(async () => {
    service = serviceOf();
    backend = await service.keyOf(EVERYONE);
  });

  const tokenOf = async (key = backend, fields: object = {}): Promise<string> =>
    (await mint(service, key, { user_id: 'ada', ...fields })).token;
  const send = (credential: string, { request }: Form, key: string, said: Said = {}): Promise<Response> => {
    const [path, init] = request(said, { 'Idempotency-Key': key });
    return service.as(credential, path, init);
  };
  /** Asks again as a client does, because on a busy machine the first request takes longer than others wait for it. */
  const idBy = async (...asked: Parameters<typeof send>): Promise<string> => {
    for (let attempt = 1; ; attempt++) {
      const { body } = await told(send(...asked));
      if (attempt < MAX_ATTEMPTS && TRANSIENT.includes(body.code)) continue;
      assert.ok(body.image_id, JSON.stringify(body));
      return body.image_id;
    }
  };
  /** Another key for the same minter, which is refused from now on. */
  const rotated = async (key: string): Promise<string> => {
    const id = key.split('_')[1] ?? '';
    const answer = await service.as(service.admin, `/keys/${id}/rotate`, json({ overlap_seconds: 0 }));
    return ((await answer.json()) as { key: string }).key;
  };

  for (const [name, form] of Object.entries(FORMS))
    describe(`with ${name}`, () => {
      it('gets the image of an Idempotency-Key that was sent with a former one', async () => {
        const ids = [
          await idBy(await tokenOf(), form, `lost ${name}`),
          await idBy(await tokenOf(), form, `lost ${name}`),
        ];
        assert.equal(new Set(ids).size, 1);
      });

      it('gets another image with the key of another minter, of another user, or of the minter itself', async () => {
        const own = await service.keyOf({ owner: 'ada' });
        const credentials = [
          await tokenOf(),
          await tokenOf(await service.keyOf(EVERYONE)),
          await tokenOf(own),
          await tokenOf(backend, { user_id: 'bob' }),
          own,
        ];
        const ids: string[] = [];
        for (const credential of credentials) ids.push(await idBy(credential, form, `apart ${name}`));
        assert.equal(new Set(ids).size, credentials.length);
      });
    });

  for (const name of ['POST /uploads', 'a batch of grants', 'POST /images'])
    describe(`with ${name}`, () => {
      const form = FORMS[name] ?? assert.fail(`expected the form ${name}; got none`);

      it('gets the image of an Idempotency-Key also once its minter was rotated, twice', async () => {
        const key = await service.keyOf(EVERYONE);
        const first = await idBy(await tokenOf(key), form, `rotated ${name}`);
        const next = await rotated(key);
        assert.equal(await idBy(await tokenOf(next), form, `rotated ${name}`), first);
        assert.equal(await idBy(await tokenOf(await rotated(next)), form, `rotated ${name}`), first);
      });

      it(`makes one image with ${CONCURRENT} tokens and one key at once`, async () => {
        const tokens = await Promise.all(Array.from({ length: CONCURRENT }, () => tokenOf()));
        const ids = await Promise.all(tokens.map((token) => idBy(token, form, `at once ${name}`)));
        assert.equal(new Set(ids).size, 1);
      });

      it('counts its own uploads alone, and answers a repeated one also when it is used up', async () => {
        const [former, fresh] = [await tokenOf(backend, { max_images: 1 }), await tokenOf(backend, { max_images: 1 })];
        const first = await idBy(former, form, `counted ${name}`);
        assert.equal(await idBy(fresh, form, `counted ${name}`), first);
        await idBy(fresh, form, `its own ${name}`);
        assert.deepEqual(await refusal(send(fresh, form, `one more ${name}`)), USED_UP);
        assert.equal(await idBy(fresh, form, `counted ${name}`), first);
      });

      it('gets nothing with a key whose upload it does not permit itself', async () => {
        const key = `bounded ${name}`;
        await idBy(await tokenOf(), form, key);
        const ofPng = await tokenOf(backend, { content_types: ['image/png'] });
        assert.deepEqual((await refusal(send(ofPng, form, key))).slice(0, 2), [400, 'invalid-request']);
        const tagged = await tokenOf(backend, { tags: ['other'] });
        assert.deepEqual((await refusal(send(tagged, form, key))).slice(0, 2), [409, 'idempotency-conflict']);
      });
    });

  it('completes and reads what a former one began, which has expired meanwhile', async () => {
    const former = await tokenOf(backend, { expires_in: 60 });
    const answer = await service.as(former, '/uploads', json({ content_type: 'image/jpeg' }));
    const { image_id, upload_url, headers } = (await answer.json()) as Grant;
    assert.equal((await service.send(upload_url, { method: 'PUT', headers, body: await picture() })).status, 200);
    service.clock.offsetMs += 61_000;
    const complete = (token: string) => service.as(token, `/images/${image_id}/complete`, { method: 'POST' });
    assert.deepEqual((await refusal(complete(former))).slice(0, 2), [401, 'unauthenticated']);
    const fresh = await tokenOf();
    const { status, body } = await told(complete(fresh));
    assert.deepEqual([status, body['status']], [200, 'ready']);
    assert.equal((await service.as(fresh, `/images/${image_id}/metadata`)).status, 200);
    backend = await rotated(backend);
    const ofSuccessor = await tokenOf();
    assert.equal((await service.as(ofSuccessor, `/images/${image_id}/metadata`)).status, 200);
  });

  it('sees nothing of another minter, of another user, or that its minter uploaded itself', async () => {
    const { 'POST /images': form } = FORMS;
    assert.ok(form);
    const own = await service.keyOf({ owner: 'ada' });
    const uploads = [
      [backend, await idBy(await tokenOf(), form, 'a')],
      [own, await idBy(await tokenOf(own), form, 'b')],
    ] as const;
    const hidden = [
      await idBy(await tokenOf(backend, { user_id: 'bob' }), form, 'c'),
      await idBy(backend, form, 'd', { user_id: 'ada' }),
      await idBy(own, form, 'e'),
    ];
    for (const [minter] of uploads) {
      const token = await tokenOf(minter);
      for (const [by, id] of [...uploads, ...hidden.map((id) => ['nobody', id] as const)])
        for (const [path, method] of [
          ['metadata', 'GET'],
          ['complete', 'POST'],
        ]) {
          const asked = service.as(token, `/images/${id}/${path}`, { method: method ?? '' });
          if (by === minter) assert.equal((await asked).status, 200);
          else assert.deepEqual(await refusal(asked), HIDDEN);
        }
    }
  });
});

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { type DynamoForTests, dynamoForTests } from '../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../test/servers/dynoxide.ts';
import { describe as described, extend, type Image, isLive, type LiveImage } from '../../src/domain/image/image.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { recordRenditionCrash } from '../../src/domain/image/rendition-failures.ts';
import { amendImage } from '../../src/operations/images/amend-image.ts';
import { holdClaim, newClaim, released } from '../../src/operations/uploads/claim.ts';
import { createDynamodbService } from '../services/dynamodb-service.ts';
import { createTestService, json, post, type TestService } from '../services/service.ts';
import { sharedImaging } from '../services/shared-imaging.ts';

const good = new Uint8Array(await testImage({ type: 'image/jpeg', width: 24, height: 16 }));
const MANY = 20;
/** Without a bound on a loop the test would never end. */
const TIMEOUT = { timeout: 240_000 };

after(() => sharedImaging[Symbol.asyncDispose]());

describe('records in SQLite', () =>
  describeContention(() => createTestService({ overrides: { wrapImaging: () => sharedImaging } })));

describe('records in DynamoDB', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());
  describeContention(() => createDynamodbService(server.dynamo));
});

function describeContention(create: () => Promise<TestService>): void {
  describe('a record that is changed between every read and write', { concurrency: true }, () => {
    for (const [what, request] of Object.entries<(id: string) => [string, RequestInit]>({
      'a PATCH': (id) => [`/images/${id}`, { ...json({ tags: ['blue'] }), method: 'PATCH' }],
      'a DELETE': (id) => [`/images/${id}?user_id=u`, { method: 'DELETE' }],
      'a purge of its renditions': (id) => [`/images/${id}/renditions`, { method: 'DELETE' }],
    })) {
      it(`makes ${what} a 503 with Retry-After`, TIMEOUT, async () => {
        await using service = await create();
        const id = await store(service);
        const changes = changeBehindReads(service, id);
        await requireUnavailable(await service.request(...request(id)));
        assert.ok(changes() < 50, `${changes()} reads`);
      });
    }

    it('fails only its own item of a batch of deletes', TIMEOUT, async () => {
      await using service = await create();
      const [contended, other] = [await store(service), await store(service)];
      changeBehindReads(service, contended);
      const answer = await service.request('/images/delete', json({ user_id: 'u', image_ids: [contended, other] }));
      const { results } = (await answer.json()) as { results: { status?: string; error?: { code: string } }[] };
      assert.deepEqual([results[0]?.error?.code, results[1]?.status], ['unavailable', 'deleted']);
    });

    it('makes the replay of a grant a 503', TIMEOUT, async () => {
      await using service = await create();
      const grant = () =>
        service.request(
          '/images/upload',
          json({ user_id: 'u', content_type: 'image/jpeg' }, { 'Idempotency-Key': 'once' }),
        );
      changeBehindReads(service, await idOf(await grant()));
      await requireUnavailable(await grant());
    });

    it('makes a direct upload a 503 if it takes over from one that died', TIMEOUT, async () => {
      await using service = await create();
      const { images } = service.services;
      const direct = () =>
        service.request('/images/upload?user_id=u', post(good, 'image/jpeg', { 'Idempotency-Key': 'k' }));
      const { replace } = images;
      images.replace = () => Promise.reject(new Error('the process died here'));
      assert.equal((await direct()).status, 500);
      images.replace = replace;
      const page = await images.find({ status: 'pending', userId: 'u', order: 'newest', limit: 2 });
      const [left] = page.images;
      assert.ok(left?.status === 'pending');
      assert.ok(await images.replace(left, { ...left, claim: null }));
      changeBehindReads(service, left.id);
      await requireUnavailable(await direct());
    });

    it('ends the recording of a rendition crash and the settling of a claim with "unavailable"', TIMEOUT, async () => {
      await using service = await create();
      const { services } = service;
      const id = await store(service);
      changeBehindReads(service, id);
      const crash = { rendition: 'r', detail: 'it died', at: new Date() };
      const noting = amendImage(services, id, (image) => recordRenditionCrash(image, crash));
      await assert.rejects(noting, { code: 'unavailable' });

      const granted = await grantOf(service);
      const pending = await services.images.get(granted);
      assert.ok(pending?.status === 'pending');
      const claimed = { ...pending, claim: newClaim(services) };
      assert.ok(await services.images.replace(pending, claimed));
      await using claim = holdClaim(services, claimed);
      const patched = described(claimed, { description: 'before' }, new Date());
      assert.ok(await services.images.replace(claimed, patched));
      changeBehindReads(service, granted);
      await assert.rejects(claim.settle(released), { code: 'unavailable' });
    });
  });

  describe('a record with many concurrent changes', () => {
    it(`is changed by each of ${MANY} PATCHes`, TIMEOUT, async () => {
      await using service = await create();
      const id = await store(service);
      const patch = (n: number) =>
        service.request(`/images/${id}`, { ...json({ filename: `${n}.jpg` }), method: 'PATCH' });
      const answers = await Promise.all(Array.from({ length: MANY }, (_, n) => patch(n)));
      assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
      const image = await service.services.images.get(id);
      assert.equal(image?.revision, 2 + MANY);
    });

    it('is deleted once by concurrent DELETEs and PATCHes', TIMEOUT, async () => {
      await using service = await create();
      const id = await store(service);
      const asks = Array.from(
        { length: MANY },
        (_, n): Promise<Response> =>
          n % 2 === 0
            ? service.request(`/images/${id}?user_id=u`, { method: 'DELETE' })
            : service.request(`/images/${id}`, { ...json({ description: `${n}` }), method: 'PATCH' }),
      );
      const answers = await Promise.all(asks);
      const deleted = answers.filter(({ status }, n) => n % 2 === 0 && status === 200);
      assert.equal(deleted.length, 1);
      for (const { status } of answers) assert.ok([200, 404].includes(status), `${status}`);
    });
  });
}

/** Changes the record after every read of it. Returns how often. */
function changeBehindReads({ services: { images } }: TestService, id: ImageId): () => number {
  const { get, getToChange } = images;
  let changes = 0;
  const changed = (image: LiveImage): Image => {
    const at = new Date();
    if (image.status === 'pending') return extend(image, new Date(image.expiresAt.getTime() + 1_000));
    return described(image, { description: `change ${changes}` }, at);
  };
  const behind =
    (read: typeof get): typeof get =>
    async (asked) => {
      const image = await read(asked);
      if (asked !== id || !image || !isLive(image)) return image;
      changes += 1;
      assert.ok(await images.replace(image, changed(image)));
      return image;
    };
  images.get = behind(get);
  images.getToChange = behind(getToChange);
  return () => changes;
}

async function requireUnavailable(answer: Response): Promise<void> {
  const { code } = (await answer.json()) as { code?: string };
  assert.deepEqual([answer.status, code], [503, 'unavailable']);
  assert.ok(Number(answer.headers.get('retry-after')) > 0);
}

const idOf = async (answer: Response): Promise<ImageId> => ((await answer.json()) as { image_id: ImageId }).image_id;

const store = async (service: TestService): Promise<ImageId> =>
  idOf(await service.request('/images/upload?user_id=u', post(good, 'image/jpeg')));

const grantOf = async (service: TestService): Promise<ImageId> =>
  idOf(await service.request('/images/upload', json({ user_id: 'u', content_type: 'image/jpeg' })));

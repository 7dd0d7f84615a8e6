import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../test/servers/dynoxide.ts';
import { AppError } from '../../domain/errors.ts';
import {
  describe as describeImage,
  expire,
  type Image,
  type LiveImage,
  removed,
  scheduleMaintenance,
  tombstone,
} from '../../domain/image/image.ts';
import { allDue } from '../images/all-due.fixture.ts';
import { createDynamodbHarness, type DynamodbHarness } from '../images/dynamodb/dynamodb-harness.fixture.ts';
import { readyQuery } from '../images/list-model.fixture.ts';
import {
  addReady,
  addSettled,
  NOW,
  newImageId,
  sampleKeyUse,
  samplePending,
  samplePublished,
} from '../images/sample-images.fixture.ts';
import type { Item } from './item.ts';
import { imageKey, keyUseKey, tagPartition } from './item-keys.ts';
import { ADDED, giveAttributes, NEWER, rawItem, removeAttribute } from './raw-item.fixture.ts';
import { requireAgreement } from './table-check.fixture.ts';

const LATER = new Date(NOW.getTime() + 86_400_000);
const PAGE = 20;

describe('records of several versions', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());
  const harnessed = () => createDynamodbHarness(server.dynamo, { shards: 1, writtenShards: 1 });

  describe('a record of a newer version', () => {
    it('is read by its id and in lists', async () => {
      await using harness = await harnessed();
      const ready = await addReady(harness.images, { tags: ['red'] });
      await giveAttributes(harness.table, imageKey(ready.id), NEWER);
      assert.deepEqual(await harness.images.get(ready.id), ready);
      for (const tags of [[], ['red']]) {
        assert.deepEqual(await harness.images.find(readyQuery({ tags })), { images: [ready], next: null });
      }
    });

    for (const [what, change] of Object.entries<(image: LiveImage) => Image>({
      'a new description': (image) => describeImage(image, { description: 'the sea' }, LATER),
      'new tags': (image) => describeImage(image, { tags: ['blue'] }, LATER),
      'scheduled maintenance': (image) => (image.status === 'ready' ? scheduleMaintenance(image, LATER) : image),
      deletion: (image) => tombstone(image, LATER),
    })) {
      it(`refuses ${what} as unavailable, and stays unchanged`, async () => {
        await using harness = await harnessed();
        const ready = await addReady(harness.images, { tags: ['red'] });
        await requireUnwritten(harness, ready, change(ready));
      });
    }

    it('refuses a claim, an expiry and a removal as unavailable', async () => {
      await using harness = await harnessed();
      const pending = samplePending();
      await harness.images.create(pending);
      await requireUnwritten(harness, pending, { ...pending, claim: { attempt: 'a1', leaseUntil: LATER } });
      await requireUnwritten(harness, pending, expire(pending, LATER));
      const gone = await addSettled(harness.images, 'expired');
      assert.equal(gone.status, 'expired');
      await requireUnwritten(harness, gone, removed(gone as Extract<Image, { status: 'expired' }>, LATER));
    });

    it('is not overwritten by a change that was decided before the upgrade', async () => {
      await using harness = await harnessed();
      const ready = await addReady(harness.images);
      const read = await harness.images.get(ready.id);
      assert.deepEqual(read, ready);
      await giveAttributes(harness.table, imageKey(ready.id), NEWER);
      await assert.rejects(harness.images.replace(ready, tombstone(ready, LATER)), isUnavailable);
      assert.deepEqual(await harness.images.get(ready.id), ready);
    });

    it('is unavailable by its id, and omitted from lists, if its attributes have other types', async () => {
      await using harness = await harnessed();
      const before = await addReady(harness.images, { tags: ['red'], createdAt: new Date(NOW.getTime() - 1) });
      const ready = await addReady(harness.images, { tags: ['red'] });
      const after = await addReady(harness.images, { tags: ['red'], createdAt: new Date(NOW.getTime() + 1) });
      await giveAttributes(harness.table, imageKey(ready.id), { ...NEWER, width: { S: 'wide' } });
      await assert.rejects(async () => harness.images.get(ready.id), isUnavailable);
      for (const tags of [[], ['red']]) {
        const oldest = readyQuery({ tags, order: 'oldest', limit: 2 });
        assert.deepEqual(await harness.images.find(oldest), { images: [before, after], next: null });
      }
    });

    it('keeps facets that this version would not create', async () => {
      await using harness = await harnessed();
      const ready = await addReady(harness.images, { tags: ['blue'] });
      await giveAttributes(harness.table, imageKey(ready.id), NEWER);
      const facet = { pk: tagPartition({ userId: 'ada' }, 'red'), sk: ready.id };
      await giveAttributes(harness.table, facet, { weight: { N: '1' } });
      const { images } = await harness.images.find(readyQuery({ userId: 'ada', tags: ['red'] }));
      assert.deepEqual(images, []);
      assert.ok(await rawItem(harness.table, facet));
    });

    it('is never due, and does not delay records that are due later', async () => {
      await using harness = await harnessed();
      const longestDue = await Promise.all(
        Array.from({ length: PAGE + 5 }, () => endedAt(harness, new Date(NOW.getTime() - 3_600_000))),
      );
      for (const { id } of longestDue) await giveAttributes(harness.table, imageKey(id), NEWER);
      const ours: Image[] = [];
      for (let n = 0; n < PAGE + 5; n += 1) ours.push(await endedAt(harness, new Date(NOW.getTime() + n)));
      assert.deepEqual(await allDue(harness.images, LATER, PAGE), ours.slice(0, PAGE));
      for (const [n, { id }] of ours.entries()) {
        if (n % 2 === 0) await giveAttributes(harness.table, imageKey(id), { ...NEWER, status: { S: 'archived' } });
      }
      assert.deepEqual(
        await allDue(harness.images, LATER, PAGE),
        ours.filter((_, n) => n % 2 === 1),
      );
    });
  });

  describe('a key use of a newer version', () => {
    it('blocks another use while it is live', async () => {
      await using harness = await harnessed();
      const use = sampleKeyUse();
      await harness.images.useKey(use, NOW);
      await giveAttributes(harness.table, keyUseKey(use.userId, use.key), NEWER);
      assert.deepEqual(await harness.images.useKey({ ...use, imageId: newImageId() }, NOW), use);
      assert.deepEqual(await harness.images.findKeyUse(use, NOW), use);
    });

    it('is unavailable once it has expired, and for a change or its deletion', async () => {
      await using harness = await harnessed();
      const use = sampleKeyUse();
      const key = keyUseKey(use.userId, use.key);
      await harness.images.useKey(use, NOW);
      await giveAttributes(harness.table, key, NEWER);
      const stored = await rawItem(harness.table, key);
      const image = samplePending();
      const next = { ...use, imageId: image.id };
      await assert.rejects(harness.images.useKey(next, use.expiresAt), isUnavailable);
      await assert.rejects(harness.images.useKey(next, use.expiresAt, image), isUnavailable);
      await assert.rejects(harness.images.replaceKeyUse(use, { ...use, leaseUntil: null }), isUnavailable);
      await assert.rejects(harness.images.replaceKeyUse(use, null), isUnavailable);
      assert.deepEqual(await rawItem(harness.table, key), stored);
      assert.equal(await harness.images.get(image.id), undefined);
    });

    it('is unavailable if its attributes have other types', async () => {
      await using harness = await harnessed();
      const use = sampleKeyUse();
      await harness.images.useKey(use, NOW);
      await giveAttributes(harness.table, keyUseKey(use.userId, use.key), { ...NEWER, fingerprint: { N: '1' } });
      await assert.rejects(harness.images.useKey(use, NOW), isUnavailable);
      await assert.rejects(harness.images.findKeyUse(use, NOW), isUnavailable);
    });
  });

  for (const version of [undefined, '1', '5'])
    describe(`a record of ${version === undefined ? 'no version' : `version ${version}`}, which is of before 0.1.0`, () => {
      it('is refused by its id with the way to restore it, and omitted from lists', async () => {
        await using harness = await harnessed();
        const ready = await addReady(harness.images, { tags: ['red'] });
        if (version === undefined) await removeAttribute(harness.table, imageKey(ready.id), 'schemaVersion');
        else await giveAttributes(harness.table, imageKey(ready.id), { schemaVersion: { N: version } });
        await assert.rejects(async () => harness.images.get(ready.id), {
          code: 'unavailable',
          message: /--with-secret/,
        });
        assert.deepEqual(await harness.images.find(readyQuery({ tags: ['red'] })), { images: [], next: null });
      });
    });

  describe('attributes that another process of the same version added', () => {
    it('survive a claim, publication, a new description, new tags and deletion', async () => {
      await using harness = await harnessed();
      const pending = samplePending({ tags: ['red'], description: 'a sea' });
      await harness.images.create(pending);
      await giveAttributes(harness.table, imageKey(pending.id), ADDED);
      const claimed = { ...pending, claim: { attempt: 'a1', leaseUntil: LATER } };
      const ready = samplePublished(claimed);
      const described = describeImage(ready, { description: null, filename: 'sea.jpg' }, LATER);
      const tagged = describeImage(described, { tags: ['blue'] }, LATER);
      const gone = tombstone(tagged, LATER);
      let before: Image = pending;
      for (const image of [claimed, ready, described, tagged, gone, removed(gone, LATER)]) {
        assert.equal(await harness.images.replace(before, image), true);
        assert.deepEqual(await harness.images.get(image.id), image);
        const item = (await rawItem(harness.table, imageKey(image.id))) ?? {};
        assert.deepEqual(picked(item, ADDED), ADDED);
        before = image;
      }
      await requireAgreement(harness.table);
    });

    it('survive changes of a key use, until another use replaces it', async () => {
      await using harness = await harnessed();
      const use = sampleKeyUse();
      const key = keyUseKey(use.userId, use.key);
      await harness.images.useKey(use, NOW);
      await giveAttributes(harness.table, key, ADDED);
      const done = { ...use, leaseUntil: null };
      assert.equal(await harness.images.replaceKeyUse(use, done), true);
      assert.deepEqual(picked((await rawItem(harness.table, key)) ?? {}, ADDED), ADDED);
      assert.equal(await harness.images.replaceKeyUse(done, null), true);
      assert.equal(await harness.images.useKey(use, NOW), undefined);
      assert.deepEqual(picked((await rawItem(harness.table, key)) ?? {}, ADDED), {});
    });
  });
});

const isUnavailable = (error: unknown): boolean =>
  error instanceof AppError && error.code === 'unavailable' && Number(error.retryAfterSeconds) > 0;

const picked = (item: Item, some: Item): Item =>
  Object.fromEntries(Object.entries(item).filter(([name]) => name in some));

/** Gives the record a newer version, and asserts that the change is refused. */
async function requireUnwritten({ images, table }: DynamodbHarness, from: Image, to: Image): Promise<void> {
  const key = imageKey(from.id);
  await giveAttributes(table, key, NEWER);
  const stored = await rawItem(table, key);
  await assert.rejects(images.replace(from, to), isUnavailable);
  assert.deepEqual(await rawItem(table, key), stored);
}

/** A deleted image whose objects still have to be removed. */
async function endedAt({ images }: DynamodbHarness, at: Date): Promise<Image> {
  const pending = samplePending();
  const gone = tombstone(pending, at);
  assert.ok(await images.create(pending));
  assert.ok(await images.replace(pending, gone));
  return gone;
}

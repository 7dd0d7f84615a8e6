import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { BatchWriteItemCommand, DeleteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import { describe as describeImage, isLive, type LiveImage, tombstone } from '../../../domain/image/image.ts';
import type { ReadyFilter } from '../../../domain/image/image-filter.ts';
import type { ImageId } from '../../../domain/image/image-id.ts';
import type { Item } from '../../../records/dynamodb/item.ts';
import { attributesOfKey, imageIdOf, imageKey, tagPartition } from '../../../records/dynamodb/item-keys.ts';
import { ADDED, giveAttributes, NEWER } from '../../../records/dynamodb/raw-item.fixture.ts';
import { requireShards } from '../../../records/dynamodb/shared-items.ts';
import { createTable, type Table } from '../../../records/dynamodb/table.ts';
import { requireAgreement } from '../../../records/dynamodb/table-check.fixture.ts';
import { createDynamodbImageRepository } from '../../../records/images/dynamodb/dynamodb.ts';
import { createDynamodbHarness } from '../../../records/images/dynamodb/dynamodb-harness.fixture.ts';
import { facetsOf, itemOfFacet } from '../../../records/images/dynamodb/facets.ts';
import { itemOf, placementIn } from '../../../records/images/dynamodb/image-item.ts';
import type { ImageRepository } from '../../../records/images/image-repository.ts';
import {
  addReady,
  addSettled,
  NOW,
  newImageId,
  samplePending,
  samplePublished,
} from '../../../records/images/sample-images.fixture.ts';
import { type BackfillOptions, backfill } from './backfill.ts';
import { backfillTable } from './backfill-table.ts';

const SHARDS = 3;
const LATER = new Date(NOW.getTime() + 60_000);

describe('npm run admin -- provision --backfill', { skip: NO_DYNOXIDE, concurrency: true }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  /** A new table: `old` writes no global lists, and `images` does, as after the switch. */
  async function harness() {
    const {
      images: old,
      table: testTable,
      ...disposable
    } = await createDynamodbHarness(server.dynamo, {
      globalLists: false,
      shards: SHARDS,
      writtenShards: SHARDS,
    });
    const { client, name } = testTable;
    const table = createTable(client, name);
    const options = { shards: SHARDS, writtenShards: SHARDS, globalLists: true };
    return {
      old,
      images: createDynamodbImageRepository(table, options),
      table,
      client,
      name,
      run: (otherwise: Partial<BackfillOptions> = {}) =>
        backfill({ table, shards: SHARDS, globalLists: true, mode: 'apply', ...otherwise }),
      agrees: () => requireAgreement(testTable),
      record: async (id: ImageId) => (await table.get(imageKey(id))) ?? {},
      [Symbol.asyncDispose]: () => disposable[Symbol.asyncDispose](),
    };
  }

  const idsOf = async (images: ImageRepository, filter: Partial<ReadyFilter>): Promise<ImageId[]> => {
    const all = { status: 'ready', tags: [], tagMode: 'all', order: 'oldest', limit: 1_000 } as const;
    return (await images.find({ ...all, ...filter })).images.map(({ id }) => id);
  };

  /** Deletes the image, or changes its tags, as the service does. */
  const change = async (
    images: ImageRepository,
    id: ImageId,
    to: (image: LiveImage) => Parameters<ImageRepository['replace']>[1],
  ) => {
    const image = await images.get(id);
    assert.ok(image && isLive(image));
    assert.ok(await images.replace(image, to(image)));
  };

  it('adds earlier images to the global lists, and writes nothing the second time', async () => {
    await using all = await harness();
    const { old, images, run } = all;
    const ids: ImageId[] = [];
    for (const userId of ['ada', 'bob', 'cy']) {
      for (const tags of [['sea'], ['sea', 'sky'], []]) ids.push((await addReady(old, { userId, tags })).id);
    }
    assert.deepEqual(await idsOf(images, { tags: ['sea'] }), []);

    assert.deepEqual(await run(), { images: 9, incomplete: 9, facets: 18 });
    await all.agrees();
    assert.deepEqual(await idsOf(images, { contentType: 'image/jpeg' }), ids.toSorted());
    assert.equal((await idsOf(images, { tags: ['sea'] })).length, 6);
    assert.equal((await idsOf(images, { tags: ['sea', 'sky'] })).length, 3);

    assert.deepEqual(await run({ table: unwritable(all.table) }), { images: 9, incomplete: 0, facets: 0 });
  });

  it('reports in a dry run what it would write, and writes nothing', async () => {
    await using all = await harness();
    for (const tags of [['sea'], ['sea', 'sky']]) await addReady(all.old, { tags });
    await addReady(all.images, { tags: ['sky'] });
    const told = await all.run({ mode: 'dry-run', table: unwritable(all.table) });
    assert.deepEqual(told, { images: 3, incomplete: 2, facets: 5 });
    assert.deepEqual(await all.run(), told);
  });

  it('leaves a pending image to the process that publishes it', async () => {
    await using all = await harness();
    const pending = samplePending({ tags: ['sea'] });
    assert.ok(await all.old.create(pending));
    assert.deepEqual(await all.run(), { images: 0, incomplete: 0, facets: 0 });
    assert.ok(await all.images.replace(pending, samplePublished(pending)));
    assert.deepEqual(await all.run(), { images: 1, incomplete: 0, facets: 0 });
    assert.deepEqual(await idsOf(all.images, { tags: ['sea'] }), [pending.id]);
  });

  it('restores a missing facet, even without global lists', async () => {
    await using all = await harness();
    const [{ id }] = [await addReady(all.old, { tags: ['sea', 'sky'] }), await addReady(all.old)];
    const Key = attributesOfKey({ pk: tagPartition({ userId: 'ada' }, 'sea'), sk: id });
    await all.client.send(new DeleteItemCommand({ TableName: all.name, Key }));
    assert.deepEqual(await all.run({ globalLists: false }), { images: 2, incomplete: 1, facets: 1 });
    await all.agrees();
    assert.deepEqual(await idsOf(all.old, { userId: 'ada', tags: ['sea'] }), [id]);
  });

  it('sets the flag of a record whose global facets exist already', async () => {
    await using all = await harness();
    const ready = await addReady(all.old, { tags: ['sea'] });
    const { shard } = placementIn(await all.record(ready.id));
    const facets = facetsOf(ready, { shard, hasGlobalFacets: true });
    await putAll(all.client, all.name, facets.map(itemOfFacet));
    assert.deepEqual(await all.run(), { images: 1, incomplete: 1, facets: 0 });
    await all.agrees();
  });

  it('changes only the flag of ready images, and nothing of ended ones', async () => {
    await using all = await harness();
    const rejected = await addSettled(all.old, 'rejected', { tags: ['sea'] });
    const deleted = await addReady(all.old, { tags: ['sea'] });
    await change(all.old, deleted.id, (image) => tombstone(image, LATER));
    const ready = await addReady(all.old, { tags: ['sea'] });
    const before = await Promise.all([rejected, deleted, ready].map(({ id }) => all.record(id)));
    assert.deepEqual(await all.run(), { images: 1, incomplete: 1, facets: 2 });
    const [ofRejected, ofDeleted, ofReady] = await Promise.all(
      [rejected, deleted, ready].map(({ id }) => all.record(id)),
    );
    assert.deepEqual([ofRejected, ofDeleted], before.slice(0, 2));
    assert.deepEqual(ofReady, { ...before[2], hasGlobalFacets: { BOOL: true } });
  });

  it('walks every page of every shard, in turn', async () => {
    await using all = await harness();
    const items: Item[] = [];
    for (let count = 0; count < 260; count += 1) {
      const image = samplePublished(samplePending({ id: newImageId(new Date(NOW.getTime() + count)), tags: ['sea'] }));
      // Most are in one shard, so that the walks end one after the other.
      const placement = { shard: count % 5 === 0 ? 2 : 0, hasGlobalFacets: false };
      items.push(itemOf(image, { placement, writeId: randomUUID() }));
      items.push(...facetsOf(image, placement).map(itemOfFacet));
    }
    await putAll(all.client, all.name, items);
    const seen: number[] = [];
    const sum = await all.run({ onProgress: ({ images }) => seen.push(images) });
    assert.deepEqual(sum, { images: 260, incomplete: 260, facets: 520 });
    assert.deepEqual(
      seen,
      seen.toSorted((one, other) => one - other),
    );
    assert.equal(seen.at(-1), 260);
    await all.agrees();
    assert.deepEqual(await all.run(), { images: 260, incomplete: 0, facets: 0 });
  });

  it('covers every shard that services have registered, regardless of its own settings', async () => {
    await using all = await harness();
    await requireShards(all.table, { shards: SHARDS, writtenShards: SHARDS });
    for (let count = 0; count < 12; count += 1) await addReady(all.old);
    const { url: endpoint, region, ...awsKeys } = server.dynamo;
    const told = { table: all.name, endpoint, region, caBundle: null, shards: 1, writtenShards: 1, globalLists: true };
    const sum = await backfillTable({ dynamodb: told, awsKeys, mode: 'apply' });
    assert.deepEqual(sum, { images: 12, incomplete: 12, facets: 12 });
    await all.agrees();
  });

  it('leaves no facets of images that are deleted between its read and its write', async () => {
    await using all = await harness();
    const ids: ImageId[] = [];
    for (let count = 0; count < 40; count += 1) ids.push((await addReady(all.old, { tags: ['sea', 'sky'] })).id);
    const doomed = new Set(ids.filter((_, index) => index % 2 === 0));
    const table = interrupted(all.table, async (id) => {
      if (doomed.has(id)) await change(all.images, id, (image) => tombstone(image, LATER));
    });
    assert.deepEqual(await all.run({ table }), { images: 40, incomplete: 20, facets: 60 });
    await all.agrees();
    assert.equal((await idsOf(all.images, { tags: ['sea'] })).length, 20);
  });

  it('uses the tags that an image has when it is written, not when it was read', async () => {
    await using all = await harness();
    const ids: ImageId[] = [];
    for (let count = 0; count < 20; count += 1) ids.push((await addReady(all.old, { tags: ['sea'] })).id);
    const table = interrupted(all.table, (id) =>
      change(all.images, id, (image) => describeImage(image, { tags: ['sky', 'sun'] }, LATER)),
    );
    assert.deepEqual(await all.run({ table }), { images: 20, incomplete: 20, facets: 60 });
    await all.agrees();
    assert.deepEqual(await idsOf(all.images, { tags: ['sea'] }), []);
    assert.deepEqual(await idsOf(all.images, { tags: ['sky'] }), ids.toSorted());
  });

  it('agrees with a service that deletes and changes images concurrently, and with a second run', async () => {
    await using all = await harness();
    const ids: ImageId[] = [];
    for (let count = 0; count < 60; count += 1) ids.push((await addReady(all.old, { tags: ['sea'] })).id);
    const service = async (): Promise<void> => {
      for (const [index, id] of ids.entries()) {
        const images = index % 2 === 0 ? all.old : all.images;
        if (index % 3 === 0) await change(images, id, (image) => tombstone(image, LATER));
        if (index % 3 === 1) await change(images, id, (image) => describeImage(image, { tags: ['sky'] }, LATER));
      }
    };
    await Promise.all([all.run(), service(), all.run()]);
    await all.agrees();
    assert.deepEqual((await all.run()).incomplete, 0);
    assert.equal((await idsOf(all.images, { contentType: 'image/jpeg' })).length, 40);
  });

  it('stops at a record of a newer version, and leaves it unchanged', async () => {
    await using all = await harness();
    const { id } = await addReady(all.old, { tags: ['sea'] });
    await giveAttributes(all, imageKey(id), NEWER);
    const before = await all.record(id);
    await assert.rejects(all.run(), { code: 'unavailable', message: /got version 10, which a newer Safelight wrote/ });
    assert.deepEqual(await all.record(id), before);
  });

  it('stops at a record that a newer version writes in the meantime, and leaves it unchanged', async () => {
    await using all = await harness();
    const { id } = await addReady(all.old, { tags: ['sea'] });
    const before = await all.record(id);
    const table = interrupted(all.table, () => giveAttributes(all, imageKey(id), NEWER));
    await assert.rejects(all.run({ table }), { code: 'unavailable' });
    assert.deepEqual(await all.record(id), { ...before, ...NEWER });
    assert.deepEqual(await idsOf(all.images, { tags: ['sea'] }), []);
  });

  it('keeps attributes that another process adds in the meantime', async () => {
    await using all = await harness();
    const { id } = await addReady(all.old, { tags: ['sea'] });
    const before = await all.record(id);
    const table = interrupted(all.table, () => giveAttributes(all, imageKey(id), ADDED));
    assert.deepEqual(await all.run({ table }), { images: 1, incomplete: 1, facets: 2 });
    assert.deepEqual(await all.record(id), { ...before, ...ADDED, hasGlobalFacets: { BOOL: true } });
  });

  it('gives up on an image that keeps changing, and reports it', async () => {
    await using all = await harness();
    const { id } = await addReady(all.old, { tags: ['sea'] });
    let count = 0;
    const table = interrupted(
      all.table,
      () => {
        count += 1;
        return change(all.images, id, (image) => describeImage(image, { tags: [`tag ${count}`] }, LATER));
      },
      'always',
    );
    await assert.rejects(
      all.run({ table }),
      /^Error: Image .* changed 20 times while its facets were completed: run this again$/,
    );
    await all.agrees();
  });

  it('completes an interrupted run, which ended its writes in flight first', async () => {
    await using all = await harness();
    for (let count = 0; count < 40; count += 1) await addReady(all.old, { tags: ['sea'] });
    let [begun, ended] = [0, 0];
    const cut = Promise.withResolvers<void>();
    const transact: Table['transact'] = async (...args) => {
      begun += 1;
      if (begun > 10) {
        cut.resolve();
        throw new Error('cut off');
      }
      await cut.promise;
      await all.table.transact(...args);
      ended += 1;
    };
    await assert.rejects(all.run({ table: { ...all.table, transact } }), { message: 'cut off' });
    assert.equal(ended, 10);
    await all.agrees();
    assert.deepEqual(await all.run(), { images: 40, incomplete: 30, facets: 60 });
    await all.agrees();
  });
});

const unwritable = (table: Table): Table => ({
  ...table,
  put: () => Promise.reject(new Error('expected no write; got one')),
  transact: () => Promise.reject(new Error('expected no write; got one')),
});

/** The table of a backfill with a concurrent change before its first write of each image, or before every write. */
function interrupted(table: Table, before: (id: ImageId) => Promise<void>, when: 'once' | 'always' = 'once'): Table {
  const met = new Set<string>();
  return {
    ...table,
    async transact(writes, token) {
      const [record] = writes;
      const pk = (record && 'update' in record && record.update.key.pk) || '';
      if (when === 'always' || !met.has(pk)) await before(imageIdOf(pk));
      met.add(pk);
      await table.transact(writes, token);
    },
  };
}

async function putAll(client: DynamoDBClient, name: string, items: readonly Item[]): Promise<void> {
  for (let start = 0; start < items.length; start += 25) {
    const RequestItems = { [name]: items.slice(start, start + 25).map((Item) => ({ PutRequest: { Item } })) };
    await client.send(new BatchWriteItemCommand({ RequestItems }));
  }
}

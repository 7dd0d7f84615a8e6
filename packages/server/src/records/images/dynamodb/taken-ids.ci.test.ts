import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import { createTable as createTestTable } from '../../../../../../test/servers/table.ts';
import {
  describe as describeImage,
  type Image,
  type PendingImage,
  type RejectedImage,
  reject,
  removed,
  tombstone,
} from '../../../domain/image/image.ts';
import { externalIdKey, formerIdKey, imageKey } from '../../dynamodb/item-keys.ts';
import { giveAttributes, NEWER, rawItem } from '../../dynamodb/raw-item.fixture.ts';
import { createTable, type Table } from '../../dynamodb/table.ts';
import { requireAgreement } from '../../dynamodb/table-check.fixture.ts';
import { NOW, samplePending } from '../sample-images.fixture.ts';
import { createDynamodbImageRepository } from './dynamodb.ts';

const OPTIONS = { shards: 2, writtenShards: 2, globalLists: true };
const ID = 'order-1042/front';
const FORMER_ID = '0b5f1f4e-3c1d-4f6a-9b7e-2f6d8a1c5e90';
const LATER = new Date(NOW.getTime() + 86_400_000);

describe('an external or former id in DynamoDB whose image an older process ended', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  /** `before`: what happens before the next transaction. */
  async function world() {
    const own = await createTestTable(server.dynamo);
    const calls = createTable(own.client, own.name);
    let interruption: (() => Promise<unknown>) | undefined;
    const table: Table = {
      ...calls,
      async transact(...asked) {
        const happening = interruption;
        interruption = undefined;
        await happening?.();
        return calls.transact(...asked);
      },
    };
    const images = createDynamodbImageRepository(table, OPTIONS);
    const others = createDynamodbImageRepository(calls, OPTIONS);
    return {
      own,
      images,
      others,
      beforeNextTransaction: (happening: () => Promise<unknown>) => {
        interruption = happening;
      },
      async added(fields: Partial<PendingImage> = {}): Promise<PendingImage> {
        const image = samplePending(fields);
        assert.equal(await others.create(image), true);
        return image;
      },
      /** Such a process keeps the attribute, of which it knows nothing, and leaves the item. */
      async endedByOlder(): Promise<RejectedImage> {
        const image = samplePending({ externalId: ID, formerId: FORMER_ID });
        assert.equal(await others.create(image), true);
        const plain = { ...image, externalId: null, formerId: null };
        const rejected = reject(plain, { code: 'empty-upload', detail: 'no bytes' }, NOW);
        const item = await rawItem(own, externalIdKey('ada', ID));
        assert.equal(await others.replace(image, rejected), true);
        await giveAttributes(own, imageKey(image.id), { externalId: { S: ID }, formerId: { S: FORMER_ID } });
        const { imageId = { NULL: true } } = item ?? {};
        await giveAttributes(own, externalIdKey('ada', ID), { imageId });
        await giveAttributes(own, formerIdKey(FORMER_ID), { imageId, userId: { S: 'ada' } });
        const found = await others.get(image.id);
        assert.deepEqual(found, { ...rejected, externalId: ID, formerId: FORMER_ID });
        return found as RejectedImage;
      },
      formerHolder: async () => (await rawItem(own, formerIdKey(FORMER_ID)))?.['imageId']?.S,
      holder: async () => (await rawItem(own, externalIdKey('ada', ID)))?.['imageId']?.S,
      [Symbol.asyncDispose]: () => own[Symbol.asyncDispose](),
    };
  }

  const named = (image: PendingImage): PendingImage => describeImage(image, { externalId: ID }, NOW);

  it('leads nowhere', async () => {
    await using one = await world();
    await one.endedByOlder();
    assert.equal(await one.images.findByExternalId('ada', ID), undefined);
    assert.equal(await one.images.findByFormerId(FORMER_ID), undefined);
  });

  it('is taken over together with the other id of that image, by another owner too', async () => {
    await using one = await world();
    await one.endedByOlder();
    const both = await one.added({ externalId: ID, formerId: FORMER_ID });
    assert.deepEqual([await one.holder(), await one.formerHolder()], [both.id, both.id]);
    await one.others.replace(both, tombstone(both, NOW));
    assert.equal(await one.formerHolder(), undefined);

    await one.endedByOlder();
    const another = await one.added({ userId: 'bob', formerId: FORMER_ID });
    assert.deepEqual(await one.images.findByFormerId(FORMER_ID), another);
  });

  it('is taken over by a grant, and by a change', async () => {
    await using one = await world();
    await one.endedByOlder();
    const granted = samplePending({ externalId: ID });
    assert.equal(await one.images.create(granted), true);
    assert.deepEqual(await one.images.findByExternalId('ada', ID), granted);
    await one.others.replace(granted, tombstone(granted, NOW));

    await one.endedByOlder();
    const changed = named(await one.added());
    assert.equal(await one.images.replace({ ...changed, externalId: null, revision: 1 }, changed), true);
    assert.deepEqual(await one.images.findByExternalId('ada', ID), changed);
  });

  it('is freed when its objects have been removed, unless another image has it by then', async () => {
    await using one = await world();
    const first = await one.endedByOlder();
    assert.equal(await one.images.replace(first, removed(first, LATER)), true);
    assert.deepEqual([await one.holder(), await one.formerHolder()], [undefined, undefined]);

    const second = await one.endedByOlder();
    const taker = await one.added({ externalId: ID });
    assert.equal(await one.images.replace(second, removed(second, LATER)), true);
    assert.equal(await one.holder(), taker.id);
    await requireAgreement({ dynamo: server.dynamo, name: one.own.name });
  });

  it('is taken over if the record is gone', async () => {
    await using one = await world();
    await giveAttributes(one.own, externalIdKey('ada', ID), { imageId: { S: samplePending().id } });
    assert.equal(await one.images.findByExternalId('ada', ID), undefined);
    const granted = await one.added({ externalId: ID });
    assert.equal(await one.holder(), granted.id);
  });

  it('is taken over from a living image that has another id', async () => {
    await using one = await world();
    const other = await one.added({ externalId: 'other' });
    await giveAttributes(one.own, externalIdKey('ada', ID), { imageId: { S: other.id } });
    const granted = await one.added({ externalId: ID });
    assert.equal(await one.holder(), granted.id);
    assert.deepEqual(await one.images.findByExternalId('ada', 'other'), other);
  });

  it('goes to one of many that take it over at once', async () => {
    await using one = await world();
    await one.endedByOlder();
    const rivals = Array.from({ length: 20 }, () => samplePending({ externalId: ID, formerId: FORMER_ID }));
    const outcomes = await Promise.allSettled(rivals.map((rival) => one.images.create(rival)));
    const won = outcomes.flatMap((outcome, n) => (outcome.status === 'fulfilled' ? [rivals[n]] : []));
    assert.deepEqual(won, [await one.images.findByExternalId('ada', ID)]);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') assert.equal(outcome.reason.code, 'external-id-taken');
    await requireAgreement({ dynamo: server.dynamo, name: one.own.name });
  });

  it('stays with an image that gets it while another takes it over', async () => {
    await using one = await world();
    const holder = await one.added({ externalId: 'other' });
    await giveAttributes(one.own, externalIdKey('ada', ID), { imageId: { S: holder.id } });
    const rival = samplePending({ externalId: ID });
    const outcome = one.images.create(rival);
    // The first transaction meets the item; the second one begins after the holder has got the id.
    one.beforeNextTransaction(async () => {
      one.beforeNextTransaction(async () => assert.equal(await one.others.replace(holder, named(holder)), true));
    });
    await assert.rejects(outcome, { code: 'external-id-taken', params: { image_id: holder.id, status: 'pending' } });
    assert.equal(await one.images.get(rival.id), undefined);
    assert.deepEqual(await one.images.findByExternalId('ada', ID), named(holder));
    await requireAgreement({ dynamo: server.dynamo, name: one.own.name });
  });

  it('is unavailable while a newer version has the record', async () => {
    await using one = await world();
    const ended: Image = await one.endedByOlder();
    await giveAttributes(one.own, imageKey(ended.id), NEWER);
    await assert.rejects(one.images.create(samplePending({ externalId: ID })), {
      code: 'unavailable',
      isOfNewerVersion: true,
    });
    assert.equal(await one.holder(), ended.id);
  });
});

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  type BatchGetItemCommandInput,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { type DynamoForTests, dynamoForTests } from '../../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../../test/servers/dynoxide.ts';
import { describe as described, tombstone } from '../../../../domain/image/image.ts';
import type { ImageId } from '../../../../domain/image/image-id.ts';
import { beforeCommand } from '../../../dynamodb/before-command.fixture.ts';
import { createTable } from '../../../dynamodb/table.ts';
import { requireAgreement } from '../../../dynamodb/table-check.fixture.ts';
import { readyQuery } from '../../list-model.fixture.ts';
import { addReady, addSettled, NOW, newImageId } from '../../sample-images.fixture.ts';
import { createDynamodbImageRepository } from '../dynamodb.ts';
import { createDynamodbHarness, type DynamodbHarness } from '../dynamodb-harness.fixture.ts';

const RED = 'T#ada#red';
const REDS = readyQuery({ userId: 'ada', tags: ['red'] });

describe('a facet', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());
  const harnessed = () => createDynamodbHarness(server.dynamo, { shards: 1, writtenShards: 1 });

  for (const [kind, add] of [
    ['that never existed', async () => newImageId()],
    ['without the tag', async ({ images }) => (await addReady(images, { tags: ['blue'] })).id],
    ['of another owner', async ({ images }) => (await addReady(images, { userId: 'bob', tags: ['red'] })).id],
    ['that is pending', async ({ images }) => (await addSettled(images, 'pending', { tags: ['red'] })).id],
    ['that is rejected', async ({ images }) => (await addSettled(images, 'rejected', { tags: ['red'] })).id],
    [
      'that is deleted',
      async ({ images }) => {
        const ready = await addReady(images, { tags: ['red'] });
        await images.replace(ready, tombstone(ready, NOW));
        return ready.id;
      },
    ],
  ] as const satisfies readonly (readonly [string, (harness: DynamodbHarness) => Promise<ImageId>])[]) {
    it(`of an image ${kind} is skipped and removed by a list`, async () => {
      await using harness = await harnessed();
      const facet = { pk: RED, sk: await add(harness) };
      const right = await addReady(harness.images, { tags: ['red'] });
      await put(harness, facet);
      assert.deepEqual(await harness.images.find(REDS), { images: [right], next: null });
      assert.equal(await isThere(harness, facet), false);
      await requireAgreement(harness.table);
    });
  }

  it('that is wrong does not shorten a page, even if there are many', async () => {
    await using harness = await harnessed();
    const wrong = Array.from({ length: 130 }, (_, n) => ({ pk: RED, sk: newImageId(new Date(NOW.getTime() + n)) }));
    await Promise.all(wrong.map((facet) => put(harness, facet)));
    assert.deepEqual(await harness.images.find({ ...REDS, limit: 7 }), { images: [], next: null });
    await requireAgreement(harness.table);

    const right = await addReady(harness.images, { tags: ['red'] });
    const rest = await addReady(harness.images, { tags: ['red'], createdAt: new Date(NOW.getTime() - 1) });
    await Promise.all(wrong.map((facet) => put(harness, facet)));
    assert.deepEqual(await harness.images.find({ ...REDS, limit: 1 }), { images: [right], next: right.id });
    assert.deepEqual(await harness.images.find({ ...REDS, limit: 2 }), { images: [right, rest], next: null });
    await requireAgreement(harness.table);
  });

  it('is verified by a consistent read if an eventually consistent one lacks its image', async () => {
    await using harness = await harnessed();
    const [a, b] = [
      await addReady(harness.images, { tags: ['red'] }),
      await addReady(harness.images, { tags: ['red'] }),
    ];
    const reads: boolean[] = [];
    beforeCommand(harness.table.client, 'BatchGetItemCommand', (input) => {
      const { RequestItems: { [harness.table.name]: asked } = {} } = input as BatchGetItemCommandInput;
      assert.ok(asked?.Keys);
      reads.push(asked.ConsistentRead ?? false);
      if (!asked.ConsistentRead) asked.Keys = asked.Keys.slice(1);
    });
    assert.deepEqual(new Set((await harness.images.find(REDS)).images), new Set([a, b]));
    assert.deepEqual(reads, [false, true]);
    await requireAgreement(harness.table);
  });

  it('is kept if its image gets the tag while a list is about to remove it', async () => {
    await using harness = await harnessed();
    using other = anotherOn(harness);
    const image = await addReady(harness.images, { tags: ['blue'] });
    await put(harness, { pk: RED, sk: image.id });
    const tagged = described(image, { tags: ['blue', 'red'] }, NOW);
    beforeCommand(harness.table.client, 'TransactWriteItemsCommand', () => other.images.replace(image, tagged));
    assert.deepEqual((await harness.images.find(REDS)).images, []);
    assert.deepEqual((await other.images.find(REDS)).images, [tagged]);
    await requireAgreement(harness.table);
  });

  it('is kept if its image is created while a list is about to remove it', async () => {
    await using harness = await harnessed();
    using other = anotherOn(harness);
    const id = newImageId();
    await put(harness, { pk: RED, sk: id });
    beforeCommand(harness.table.client, 'TransactWriteItemsCommand', () =>
      addReady(other.images, { id, tags: ['red'] }),
    );
    await harness.images.find(REDS);
    assert.equal((await other.images.find(REDS)).images[0]?.id, id);
    await requireAgreement(harness.table);
  });

  it('that is deleted in the meantime causes no write', async () => {
    await using harness = await harnessed();
    using other = anotherOn(harness);
    const image = await addReady(harness.images, { tags: ['red'] });
    let writes = 0;
    beforeCommand(harness.table.client, 'TransactWriteItemsCommand', () => {
      writes += 1;
    });
    beforeCommand(harness.table.client, 'BatchGetItemCommand', async () => {
      await other.images.replace(image, described(image, { tags: [] }, NOW));
    });
    assert.deepEqual(await harness.images.find(REDS), { images: [], next: null });
    assert.equal(writes, 0);
    await requireAgreement(harness.table);
  });
});

interface Facet {
  readonly pk: string;
  readonly sk: string;
}

const put = ({ table }: DynamodbHarness, { pk, sk }: Facet) =>
  table.client.send(new PutItemCommand({ TableName: table.name, Item: { pk: { S: pk }, sk: { S: sk } } }));

async function isThere({ table }: DynamodbHarness, { pk, sk }: Facet): Promise<boolean> {
  const Key = { pk: { S: pk }, sk: { S: sk } };
  const { Item } = await table.client.send(new GetItemCommand({ TableName: table.name, Key, ConsistentRead: true }));
  return Item !== undefined;
}

/** The repository of another process. */
function anotherOn({ table }: DynamodbHarness) {
  const client = new DynamoDBClient({
    endpoint: table.dynamo.url,
    region: table.dynamo.region,
    credentials: table.dynamo,
  });
  const options = { shards: 1, writtenShards: 1, globalLists: true };
  return {
    images: createDynamodbImageRepository(createTable(client, table.name), options),
    [Symbol.dispose]: () => client.destroy(),
  };
}

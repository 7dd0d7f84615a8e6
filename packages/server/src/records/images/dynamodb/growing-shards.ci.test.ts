import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import { createTable as createTestTable } from '../../../../../../test/servers/table.ts';
import { describe as described, type Image, type ReadyImage, tombstone } from '../../../domain/image/image.ts';
import { createTable, type Table } from '../../dynamodb/table.ts';
import { requireAgreement } from '../../dynamodb/table-check.fixture.ts';
import type { FindQuery, ImageRepository } from '../image-repository.ts';
import { listAll, modelList, readyQuery } from '../list-model.fixture.ts';
import { NOW, newImageId, samplePending, samplePublished } from '../sample-images.fixture.ts';
import { createDynamodbImageRepository } from './dynamodb.ts';
import { createListWalks } from './list-walks.fixture.ts';

const TAGS = [['red'], ['red', 'blue'], ['blue'], [], ['blue', 'green', 'red']];
const LISTS: readonly FindQuery[] = [
  readyQuery({ limit: 9 }),
  readyQuery({ limit: 9, order: 'oldest' }),
  readyQuery({ limit: 5, tags: ['red'] }),
  readyQuery({ limit: 5, contentType: 'image/png' }),
  readyQuery({ limit: 5, tags: ['red', 'green'], tagMode: 'any' }),
  readyQuery({ limit: 3, tags: ['red', 'blue'] }),
  readyQuery({ limit: 3, tags: ['blue'], contentType: 'image/jpeg', order: 'oldest' }),
  { status: 'pending', order: 'oldest', limit: 3 },
];
const WRITERS = 3;

describe('growing FEED_SHARDS from 4 to 8', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  it('misses and repeats no image and leaves no facet behind, if readers grow before writers', async () => {
    await using storage = await createTestTable(server.dynamo);
    const table = createTable(storage.client, storage.name);
    const old = repositoryOf(table, 4, 4);
    const reading = repositoryOf(table, 8, 4);
    const writing = repositoryOf(table, 8, 8);

    const walks = createListWalks();
    const writers = Array.from({ length: WRITERS }, () => createWriter(walks));
    const readers = LISTS.map((query) => createReader(walks, query));
    await Promise.all(writers.map((writer) => writer.write(old, 12)));
    const madeFirst = [...walks.stored.keys()];

    for (const [one, other] of [
      [old, old],
      [old, reading],
      [reading, reading],
      [reading, writing],
      [writing, writing],
    ] as const) {
      // The readers' pages and the writers' writes alternate between the two.
      await Promise.all([
        ...writers.flatMap((writer) => writer.write(one, 4).then(() => writer.write(other, 4))),
        ...readers.map((reader) => reader.read([one, other])),
      ]);
    }
    await Promise.all(readers.map((reader) => reader.finish(writing)));
    assert.ok(readers.every(({ walked }) => walked() > 0));

    const all = [...walks.stored.values()];
    for (const query of LISTS) {
      assert.deepEqual(await listAll(writing, { ...query, limit: 100 }), modelList(all, query));
    }
    await requireAgreement(storage);

    const shardOf = async ({ id }: Pick<Image, 'id'>): Promise<number> => {
      const Key = { pk: { S: `I#${id}` }, sk: { S: 'I' } };
      const { Item } = await storage.client.send(new GetItemCommand({ TableName: storage.name, Key }));
      return Number(Item?.['shard']?.N);
    };
    for (const id of madeFirst) assert.ok((await shardOf({ id })) < 4, 'expected the image to stay in its shard');
    const shards = await Promise.all(all.map(shardOf));
    assert.ok(
      shards.some((shard) => shard >= 4),
      'expected new images in the new shards too',
    );
  });
});

const repositoryOf = (table: Table, shards: number, writtenShards: number): ImageRepository =>
  createDynamodbImageRepository(table, { shards, writtenShards, globalLists: true, readBudget: 64 });

type ListWalks = ReturnType<typeof createListWalks>;

/** Creates images, and edits, retags and deletes them, the oldest first. */
function createWriter({ change }: ListWalks) {
  const own: ReadyImage[] = [];
  let turn = 0;

  async function make(images: ImageRepository): Promise<void> {
    const createdAt = new Date(NOW.getTime() - (turn % 7) * 3_600_000);
    const pending = samplePending({ id: newImageId(createdAt), userId: `user ${turn % 3}`, tags: tagsAt(turn) });
    await change(undefined, pending, () => images.create(pending));
    if (turn % 5 === 4) return;
    const ready = samplePublished(pending, turn % 2 === 0 ? 'image/jpeg' : 'image/png');
    await replace(images, pending, ready);
    own.push(ready);
  }

  async function replace(images: ImageRepository, from: Image, to: Image): Promise<void> {
    await change(from, to, async () => assert.equal(await images.replace(from, to), true));
  }

  async function edit(images: ImageRepository): Promise<void> {
    const image = own.shift();
    if (!image) return;
    if (turn % 4 === 3) return replace(images, image, tombstone(image, NOW));
    const changed = described(image, { tags: tagsAt(turn + 1), description: `edited at ${turn}` }, NOW);
    await replace(images, image, changed);
    own.push(changed);
  }

  return {
    async write(images: ImageRepository, writes: number): Promise<void> {
      for (const end = turn + writes; turn < end; turn += 1) {
        await make(images);
        await edit(images);
      }
    },
  };
}

const tagsAt = (turn: number): string[] => TAGS[turn % TAGS.length] ?? [];

/** Walks its list repeatedly. */
function createReader(walks: ListWalks, query: FindQuery) {
  let walk = walks.start(query);
  let walked = 0;
  const turn = async (images: ImageRepository): Promise<void> => {
    if (!(await walk.page(images))) return;
    walked += 1;
    walk = walks.start(query);
  };
  return {
    walked: () => walked,
    async read(repositories: readonly ImageRepository[]): Promise<void> {
      for (let round = 0; round < 3; round += 1) for (const images of repositories) await turn(images);
    },
    async finish(images: ImageRepository): Promise<void> {
      for (const before = walked; walked === before; ) await turn(images);
    },
  };
}

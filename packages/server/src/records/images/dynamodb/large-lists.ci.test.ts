import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import type { Image } from '../../../domain/image/image.ts';
import type { ListPosition } from '../../../domain/lists/list-position.ts';
import type { FindQuery } from '../image-repository.ts';
import { checkPage, modelList, readyQuery } from '../list-model.fixture.ts';
import { addReady, NOW, newImageId, samplePending, samplePublished } from '../sample-images.fixture.ts';
import { createDynamodbHarness, type DynamodbHarness } from './dynamodb-harness.fixture.ts';

const LISTS = [
  readyQuery({ userId: 'ada' }),
  readyQuery(),
  readyQuery({ userId: 'ada', tags: ['red'] }),
  readyQuery({ tags: ['red'] }),
  readyQuery({ userId: 'ada', tags: ['red', 'blue'], tagMode: 'any' }),
  readyQuery({ userId: 'ada', tags: ['red', 'blue'] }),
  readyQuery({ tags: ['blue'], contentType: 'image/jpeg' }),
];
const ORDERS = ['newest', 'oldest'] as const;

describe('a list of many or large images', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  it('has full pages, although DynamoDB limits each response to 1 MB', async () => {
    await using harness = await createDynamodbHarness(server.dynamo);
    const metadata = { text: 'x'.repeat(40_000) };
    const added = await Promise.all(
      Array.from({ length: 80 }, async (_, n) => {
        const tags = n % 2 === 0 ? ['red', 'blue'] : ['red'];
        const pending = samplePending({ id: newImageId(new Date(NOW.getTime() - n)), tags, metadata });
        const ready = samplePublished(pending);
        await harness.images.create(pending);
        await harness.images.replace(pending, ready);
        return ready;
      }),
    );
    for (const list of LISTS) {
      await requirePages(harness, added, { ...list, limit: 79 });
      await requirePages(harness, added, { ...list, limit: 30, order: 'oldest' });
    }
  });

  it('of one millisecond contains every image once, on pages of any size', async () => {
    await using harness = await createDynamodbHarness(server.dynamo);
    const added: Image[] = [];
    while (added.length < 1_001) {
      const tags = added.length % 4 === 0 ? ['red'] : ['red', 'blue'];
      const some = Array.from({ length: 91 }, () => addReady(harness.images, { tags }));
      added.push(...(await Promise.all(some)));
    }
    for (const list of LISTS) {
      await requirePages(harness, added, { ...list, limit: 1_000 });
      await requirePages(harness, added, { ...list, limit: 400, order: 'oldest' });
    }

    const [first, middle, last] = [0, 500, 1_000].map((place) => modelList(added, readyQuery())[place]?.id);
    const within = { createdFrom: NOW, createdBefore: new Date(NOW.getTime() + 1) };
    for (const list of LISTS) {
      for (const order of ORDERS) {
        for (const after of [first, middle, last])
          await requirePage(harness, added, { ...list, ...within, order, after, limit: 9 });
        for (const dates of [{ createdBefore: NOW }, { createdFrom: within.createdBefore }]) {
          await requirePage(harness, added, { ...list, ...dates, order });
        }
      }
    }
  });
});

async function requirePages(harness: DynamodbHarness, added: readonly Image[], query: FindQuery): Promise<void> {
  let after: ListPosition | null | undefined;
  while (after !== null) after = await requirePage(harness, added, { ...query, after });
}

async function requirePage(
  { images }: DynamodbHarness,
  added: readonly Image[],
  query: FindQuery,
): Promise<ListPosition | null> {
  const page = await images.find(query);
  checkPage(page, query, modelList(added, query));
  return page.next;
}

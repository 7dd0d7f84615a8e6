import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import type { Image } from '../../../domain/image/image.ts';
import type { ImageId } from '../../../domain/image/image-id.ts';
import type { ListPosition } from '../../../domain/lists/list-position.ts';
import { cutAnswers } from '../../dynamodb/short-answers.fixture.ts';
import { requireAgreement } from '../../dynamodb/table-check.fixture.ts';
import { allDue } from '../all-due.fixture.ts';
import { hostileLists, LIST_PROPERTY } from '../arbitrary-lists.fixture.ts';
import { applyChange } from '../change-images.fixture.ts';
import type { FindQuery, ImageRepository } from '../image-repository.ts';
import { checkPage, isIntersection, isMoved, listAll, modelList } from '../list-model.fixture.ts';
import { addSettled, NOW } from '../sample-images.fixture.ts';
import { createSqliteHarness } from '../sqlite/sqlite-harness.fixture.ts';
import { createServedHarness } from './dynamodb-harness.fixture.ts';

/** Small, so that chunks and budgets end within a few images; 1,000 rows are practically unlimited. */
const stores = fc
  .record({
    shards: fc.integer({ min: 1, max: 5 }),
    writtenShards: fc.integer({ min: 1, max: 5 }),
    readBudget: fc.constantFrom(1, 2, 5, 64),
    rowsPerAnswer: fc.constantFrom(1, 2, 3, 1_000),
  })
  .map(({ writtenShards, ...store }) => ({ ...store, writtenShards: Math.min(writtenShards, store.shards) }));

describe('lists of SQLite and of DynamoDB', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  it('agree page by page, with arbitrary changes between the pages', async () => {
    await fc.assert(
      fc.asyncProperty(hostileLists, fc.boolean(), stores, async (lists, isByCapture, store) => {
        const { population, changes } = lists;
        const query = isByCapture ? { ...lists.captureQuery, userId: ownerIn(lists) } : lists.query;
        await using sqlite = await createSqliteHarness({ readBudget: store.readBudget });
        await using dynamodb = await createServedHarness(server.dynamo, { ...store, globalLists: true });
        cutAnswers(dynamodb.table.client, store.rowsPerAnswer);
        const both = [sqlite.images, dynamodb.images];
        const stored = new Map<ImageId, Image>();
        const added = both.flatMap((images) =>
          population.map(({ status, ...sample }) => addSettled(images, status, sample)),
        );
        for (const image of await Promise.all(added)) stored.set(image.id, image);

        const readers = both.map((images) => createReader(images, query));
        const matching = () => modelList(stored.values(), query).map(({ id }) => id);
        let matchedThroughout = matching();
        const moved = new Set<ImageId>();
        for (let turn = 0; readers.some(({ isDone }) => !isDone()); turn += 1) {
          const [one, other] = [await readers[0]?.turn(stored), await readers[1]?.turn(stored)];
          if (!isIntersection(query)) assert.deepEqual(one, other, 'expected the same page');
          for (const change of changes[turn] ?? []) {
            const before = new Map(stored);
            await applyChange(both, stored, change);
            for (const [id, image] of stored) if (isByCapture && isMoved(before.get(id), image)) moved.add(id);
          }
          const still = new Set(matching());
          matchedThroughout = matchedThroughout.filter((id) => still.has(id) && !moved.has(id));
        }
        for (const { seen } of readers) {
          const steady = seen.filter((id) => !moved.has(id));
          assert.equal(new Set(steady).size, steady.length, 'expected no image twice');
          assert.deepEqual(
            seen.filter((id) => matchedThroughout.includes(id)),
            matchedThroughout,
          );
        }
        const [inSqlite, inDynamodb] = await Promise.all(both.map((images) => listAll(images, query)));
        assert.deepEqual(inSqlite, inDynamodb);
        const records = await Promise.all([...stored.keys()].map((id) => dynamodb.images.get(id)));
        assert.deepEqual(records, [...stored.values()]);
        const [sqliteDue, dynamodbDue] = await Promise.all(both.map(dueIds));
        assert.deepEqual(sqliteDue, dynamodbDue);
        await requireAgreement(dynamodb.table);
      }),
      LIST_PROPERTY,
    );
  });
});

/** On DynamoDB lists by capture are of one owner each. */
const ownerIn = ({ captureQuery, population }: ListsCase): string =>
  captureQuery.userId ?? population[0]?.userId ?? 'nobody';

type ListsCase = typeof hostileLists extends fc.Arbitrary<infer Case> ? Case : never;

/** Sorted, because records that are due at the same moment have no defined order. */
const dueIds = async (images: ImageRepository): Promise<ImageId[]> =>
  (await allDue(images, NOW, 1_000)).map(({ id }) => id).toSorted();

/** Reads one page of a list at each turn, and checks it against the images stored then. */
function createReader(images: ImageRepository, query: FindQuery) {
  const seen: ImageId[] = [];
  let position: ListPosition | null | undefined = query.after;
  return {
    seen,
    isDone: () => position === null,
    async turn(stored: ReadonlyMap<ImageId, Image>) {
      if (position === null) return undefined;
      const asked = { ...query, after: position };
      const page = await images.find(asked);
      checkPage(page, asked, modelList(stored.values(), asked));
      seen.push(...page.images.map(({ id }) => id));
      position = page.next;
      return page;
    },
  };
}

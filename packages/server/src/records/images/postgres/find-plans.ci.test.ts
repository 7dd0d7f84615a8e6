import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  NO_POSTGRES,
  type PostgresForTests,
  postgresForTests,
} from '../../../../../../test/servers/postgres-for-tests.ts';
import type { ReadyFilter } from '../../../domain/image/image-filter.ts';
import type { ListOrder } from '../../../domain/lists/list-position.ts';
import type { Postgres } from '../../postgres/database.ts';
import { createMigratedDatabase, type MigratedDatabase } from '../../postgres/migrated-database.fixture.ts';
import { requirePlan } from '../../postgres/plan.fixture.ts';
import type { FindQuery } from '../image-repository.ts';
import { readyQuery, searchQuery } from '../list-model.fixture.ts';
import { ALBUM_TAGS, addManyImages, timeAt } from './many-images.fixture.ts';
import { createPostgresImageRepository } from './postgres.ts';

/** The long tier's test has a million: `POSTGRES_IMAGES`. */
const COUNT = Number(process.env['POSTGRES_IMAGES'] ?? 20_000);
const LIMIT = 50;
const MOST_ROUND_TRIPS = 8;
/** Rows of a sort: a page of each of twenty tags. */
const MOST_SORTED = 21 * (LIMIT + 1);
/** Rows that a page reads: the steps of an intersection, in its working table, and a page of each tag. */
const MOST_ROWS = 5_000;

const USERS = [undefined, 'ada', 'eve', 'olga', 'nobody'];
const TYPES = [undefined, 'image/jpeg', 'image/webp'] as const;
const TAGS: readonly Pick<ReadyFilter, 'tags' | 'tagMode'>[] = [
  { tags: [], tagMode: 'all' },
  { tags: ['everywhere'], tagMode: 'all' },
  { tags: ['album 0'], tagMode: 'all' },
  { tags: ['absent'], tagMode: 'all' },
  { tags: ['red', 'blue'], tagMode: 'all' },
  { tags: ['everywhere', 'album 0'], tagMode: 'all' },
  { tags: ['everywhere', ...ALBUM_TAGS], tagMode: 'all' },
  { tags: ['red', 'blue'], tagMode: 'any' },
  { tags: ['red', 'absent'], tagMode: 'any' },
  { tags: ['everywhere', ...ALBUM_TAGS], tagMode: 'any' },
];
const ORDERS: readonly ListOrder[] = ['newest', 'oldest', 'taken-newest', 'taken-oldest'];

describe(`pages of ${COUNT} images`, { skip: NO_POSTGRES }, () => {
  let server: PostgresForTests;
  let database: MigratedDatabase;
  before(async () => {
    server = await postgresForTests();
    database = await createMigratedDatabase(server.postgres, { connections: 1 });
    await addManyImages(database.postgres, COUNT);
  });
  after(async () => {
    await database[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  /**
   * Answers how many statements a page took, after their plans were checked, as the server makes them once and for all.
   */
  const explained = async (query: FindQuery) => {
    const { postgres } = database;
    let statements = 0;
    const checked: Postgres = {
      ...postgres,
      async rows(sql, parameters = []) {
        statements += 1;
        await requirePlan(postgres, { sql, parameters, most: { rows: MOST_ROWS, sorted: MOST_SORTED } });
        return postgres.rows(sql, parameters);
      },
    };
    const page = await createPostgresImageRepository(checked).find(query);
    assert.ok(statements <= MOST_ROUND_TRIPS, `${statements} statements: ${JSON.stringify(query)}`);
    return page;
  };

  for (const order of ORDERS) {
    it(`walk along indexes, ${order}`, async () => {
      const dates = { createdFrom: timeAt(0.25, COUNT), createdBefore: timeAt(0.75, COUNT) };
      for (const userId of USERS)
        for (const contentType of TYPES)
          for (const tags of TAGS)
            for (const within of order.startsWith('taken') ? [{}] : [{}, dates])
              await explained(readyQuery({ ...tags, userId, contentType, order, limit: LIMIT, ...within }));
    });
  }

  it('walk along indexes for metadata, words, visibility and other states', async () => {
    for (const value of ['red', 'none', 'absent'])
      for (const tags of TAGS)
        await explained(readyQuery({ ...tags, userId: 'ada', metadata: [{ name: 'order', value }], limit: LIMIT }));
    for (const words of [['sea'], ['se'], ['absent'], ['sea', 'red'], ['red', 'blue'], ['sea', 'eve']])
      for (const tags of TAGS)
        for (const searchesFacts of [true, false])
          await explained(searchQuery('ada', words, { ...tags, searchesFacts, limit: LIMIT }));
    await explained(readyQuery({ tags: [], visibility: 'public', limit: LIMIT }));
    for (const status of ['pending', 'rejected'] as const)
      for (const userId of [undefined, 'bob', 'dan'])
        await explained({ status, userId, order: 'newest', limit: LIMIT });
  });
});

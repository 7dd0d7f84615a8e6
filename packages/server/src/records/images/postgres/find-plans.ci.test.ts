import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import {
  NO_POSTGRES,
  type PostgresForTests,
  postgresForTests,
} from '../../../../../../test/servers/postgres-for-tests.ts';
import type { ReadyFilter } from '../../../domain/image/image-filter.ts';
import type { ListOrder } from '../../../domain/lists/list-position.ts';
import type { Parameter, Postgres } from '../../postgres/database.ts';
import { createMigratedDatabase, type MigratedDatabase } from '../../postgres/migrated-database.fixture.ts';
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

const USERS = [undefined, 'ada', 'eve', 'nobody'];
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

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly Plans?: readonly PlanNode[];
}

const nodesOf = (plan: PlanNode): readonly PlanNode[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];

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
    await postgres.change('SET plan_cache_mode = force_generic_plan');
    let statements = 0;
    const checked: Postgres = {
      ...postgres,
      async rows(sql, parameters = []) {
        statements += 1;
        await requirePlan(postgres, sql, parameters);
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

/** The plan for any parameters, which the server keeps after some uses of a prepared statement. */
async function requirePlan(postgres: Postgres, sql: string, parameters: readonly Parameter[]): Promise<void> {
  await postgres.change(`PREPARE explained AS ${sql}`);
  const given = parameters.length === 0 ? '' : `(${parameters.map(literal)})`;
  const [row] = await postgres.rows(`EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) EXECUTE explained ${given}`);
  await postgres.change('DEALLOCATE explained');
  const [{ Plan: plan }] = JSON.parse(String(row?.[0])) as readonly [{ readonly Plan: PlanNode }];
  for (const node of nodesOf(plan)) {
    const rows = node['Actual Rows'] * node['Actual Loops'];
    const said = () => `${JSON.stringify(node, null, 1)}\n${sql}\n${JSON.stringify(parameters)}`;
    assert.ok(node['Node Type'] !== 'Seq Scan', said());
    assert.ok(!node['Node Type'].endsWith('Sort') || rows <= MOST_SORTED, said());
    assert.ok(rows <= MOST_ROWS, said());
  }
}

const literal = (parameter: Parameter): string => {
  if (typeof parameter === 'string') return pg.escapeLiteral(parameter);
  if (!Array.isArray(parameter)) return `${parameter}`;
  return `ARRAY[${parameter.map(literal)}]`;
};

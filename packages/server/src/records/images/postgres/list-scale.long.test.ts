// In the long tier: a million images. CI has the plans of fewer: `find-plans.ci.test.ts`.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  NO_POSTGRES,
  type PostgresForTests,
  postgresForTests,
} from '../../../../../../test/servers/postgres-for-tests.ts';
import { createMigratedDatabase, type MigratedDatabase } from '../../postgres/migrated-database.fixture.ts';
import { type PlanWork, withPlans } from '../../postgres/plans.fixture.ts';
import { sumsOfRecords } from '../../usage/postgres/sums.ts';
import type { FindQuery, ImageRepository } from '../image-repository.ts';
import { readyQuery, searchQuery } from '../list-model.fixture.ts';
import { NOW } from '../sample-images.fixture.ts';
import { everyFilter, LIMIT } from './every-filter.fixture.ts';
import { ALBUM, ALBUM_TAGS, addManyImages, maintain, timeAt } from './many-images.fixture.ts';
import { MOST_OF_A_PAGE, plannedPage } from './page-plans.fixture.ts';
import { createPostgresImageRepository } from './postgres.ts';

const FEW = 1_000;
const MANY = 1_000_000;
/** Images of eve in both, spread over all of them. */
const RARE = 60;
/** Ten minutes on two idle cores, of which the million's records take half; this allows for busy ones. */
const LONGEST_MS = 7_200_000;

/** Rows that a page reads from a million, by those that it reads from a thousand. */
const MOST_TIMES = 1.5;

/** Rows of other tables, of which an empty one would be scanned. */
const USES = 20_000;
const OTHER_ROWS = {
  idempotency_keys: "'ada', nth::text, 'print', nth::text, NULL, nth",
  upload_token_uses: 'nth::text, 1, nth',
  view_revocations: "'ada', nth::text, 1, nth",
  captured_months: "'owner ' || nth, '2026-10', 0, 1",
};

/** How many rows a list reads, if it has so many. */
const PAGES = 5;
const ROUNDS = 31;
/** The server keeps a plan after five uses of a prepared statement. */
const WARM_ROUNDS = 6;

type Fields = Parameters<typeof readyQuery>[0];

const ADA = { userId: 'ada' };
const BOTH_TAGS = { tags: ['everywhere', 'red'] };
const NEVER_TOGETHER = { tags: ['red', 'blue'] };
const ANY_TAG = { tags: ['red', 'blue'], tagMode: 'any' } as const;
const ALL_TAGS = ['everywhere', ...ALBUM_TAGS];
const METADATA = { ...ADA, metadata: [{ name: 'order', value: 'red' }] };
const JPEG = { contentType: 'image/jpeg' } as const;
const IN_ALBUM = { ...ADA, album: ALBUM };
const BY_CAPTURE = { order: 'taken-newest' } as const;

const LISTS: Readonly<Record<string, Fields>> = {
  'no filter': {},
  'one owner of half of all': ADA,
  'one owner of 60': { userId: 'eve' },
  tag: { tags: ['red'] },
  'rare tag': { tags: ['album 0'] },
  'owner and tag': { ...ADA, tags: ['red'] },
  type: JPEG,
  'owner and type': { ...ADA, ...JPEG },
  'tag and type': { tags: ['red'], ...JPEG },
  'any of two tags': ANY_TAG,
  'any of twenty tags': { tags: ALL_TAGS, tagMode: 'any' },
  'owner, any of two tags': { ...ADA, ...ANY_TAG },
  'two tags': BOTH_TAGS,
  'common and rare tag': { tags: ['everywhere', 'album 0'] },
  'twenty tags': { tags: ALL_TAGS },
  'two tags that never meet': NEVER_TOGETHER,
  'owner, two tags, type': { ...ADA, ...BOTH_TAGS, ...JPEG },
  'owner, two tags that never meet': { ...ADA, ...NEVER_TOGETHER },
  'owner and metadata': METADATA,
  'owner, metadata, tag': { ...METADATA, tags: ['everywhere'] },
  'owner, metadata and tag that never meet': { ...METADATA, tags: ['blue'] },
  'no filter, by capture': BY_CAPTURE,
  'owner by capture': { ...ADA, ...BY_CAPTURE },
  'owner of 60 by capture': { userId: 'eve', ...BY_CAPTURE },
  'tag by capture': { tags: ['red'], ...BY_CAPTURE },
  'owner and tag by capture': { ...ADA, tags: ['red'], ...BY_CAPTURE },
  'owner, two tags, by capture': { ...ADA, ...BOTH_TAGS, ...BY_CAPTURE },
  'owner, two tags that never meet, by capture': { ...ADA, ...NEVER_TOGETHER, ...BY_CAPTURE },
  'owner, any of two tags, by capture': { ...ADA, ...ANY_TAG, ...BY_CAPTURE },
  album: IN_ALBUM,
  'album and tag': { ...IN_ALBUM, tags: ['everywhere'] },
  'album by addition': { ...IN_ALBUM, order: 'added' },
  'album by hand': { ...IN_ALBUM, order: 'manual' },
  'album by capture': { ...IN_ALBUM, ...BY_CAPTURE },
};

const SEARCHES: Readonly<Record<string, readonly [userId: string, words: readonly string[], Fields?]>> = {
  'search, a word': ['ada', ['sea']],
  'search, one owner of 60': ['eve', ['sea']],
  'search, a letter': ['ada', ['s']],
  'search, two words': ['ada', ['sea', 'red']],
  'search, two words that never meet': ['ada', ['red', 'blue']],
  'search, a word and a tag': ['ada', ['sea'], { tags: ['red'] }],
};

/** By what is measured. */
const queriesOf = (count: number): Readonly<Record<string, FindQuery>> => ({
  ...Object.fromEntries(Object.entries(LISTS).map(([name, fields]) => [name, readyQuery({ ...fields, limit: LIMIT })])),
  dates: readyQuery({ createdFrom: timeAt(0.25, count), createdBefore: timeAt(0.75, count), limit: LIMIT }),
  'owner, dates': readyQuery({ ...ADA, createdFrom: timeAt(0.5, count), order: 'oldest', limit: LIMIT }),
  ...Object.fromEntries(
    Object.entries(SEARCHES).map(([name, [userId, words, fields]]) => [
      name,
      searchQuery(userId, words, { tags: fields?.tags ?? [], limit: LIMIT }),
    ]),
  ),
  'pending images': { status: 'pending', order: 'newest', limit: LIMIT },
  'pending images of an owner': { status: 'pending', userId: 'bob', order: 'newest', limit: LIMIT },
});

describe(`${MANY} images beside ${FEW}`, { skip: NO_POSTGRES, timeout: LONGEST_MS }, () => {
  let server: PostgresForTests;
  let few: MigratedDatabase;
  let many: MigratedDatabase;
  before(
    async () => {
      server = await postgresForTests();
      few = await createMigratedDatabase(server.postgres, { connections: 1 });
      many = await createMigratedDatabase(server.postgres, { connections: 1 });
      await addManyImages(few.postgres, FEW, { rareEvery: Math.floor(FEW / RARE) });
      await addManyImages(many.postgres, MANY, { rareEvery: Math.floor(MANY / RARE) });
    },
    { timeout: LONGEST_MS },
  );
  after(async () => {
    await many[Symbol.asyncDispose]();
    await few[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  it('are listed along indexes before the first vacuum', async () => {
    for (const query of Object.values(everyFilter(MANY)).flat()) await plannedPage(many.postgres, query, 'generic');
    await maintain(few.postgres, 'VACUUM ANALYZE');
    await maintain(many.postgres, 'VACUUM ANALYZE');
  });

  for (const mode of ['generic', 'custom'] as const)
    it(`are listed along indexes, with ${mode} plans`, async () => {
      for (const query of Object.values(everyFilter(MANY)).flat()) await plannedPage(many.postgres, query, mode);
    });

  it('need as many rows for a page', async (t) => {
    for (const [name, query] of Object.entries(queriesOf(MANY))) {
      const small = await plannedPage(few.postgres, queryNamed(name, FEW), 'generic');
      const large = await plannedPage(many.postgres, query, 'generic');
      assert.equal(large.page.images.length, small.page.images.length, name);
      assert.ok(
        large.work.rows <= MOST_TIMES * small.work.rows,
        `${name}: ${toldOf(large.work)}, ${toldOf(small.work)}`,
      );
      t.diagnostic(`${name}: ${toldOf(large.work)} of ${MANY}; ${toldOf(small.work)} of ${FEW}`);
    }
  });

  it('are found and forgotten along indexes by what else reads them', async () => {
    for (const [table, row] of Object.entries(OTHER_ROWS))
      await many.postgres.change(`INSERT INTO ${table} SELECT ${row} FROM generate_series(1, ${USES}) nth`);
    await maintain(many.postgres, 'ANALYZE');
    const planned = withPlans(many.postgres);
    const images = createPostgresImageRepository(planned.postgres);
    for (const lane of ['removal', 'recovery', 'renditions', 'screening'] as const)
      await images.due(new Date(NOW.getTime() + 10 ** 10), LIMIT, { lane, shard: 0 });
    await images.forget(new Date(0));
    await images.published(LIMIT);
    await images.findByExternalId('ada', 'none');
    await images.known({ userId: 'ada', digests: ['ab'.repeat(32), 'cd'.repeat(32)] });
    await images.tags({ userId: 'eve', prefix: 'album', limit: 10 });
    await images.months({ limit: 12 });
    await images.months({ userId: 'ada', limit: 12 });
    await planned.requirePlans(MOST_OF_A_PAGE);
    await sumsOfRecords(planned.postgres, ['eve', 'nobody']);
    const work = await planned.requirePlans(MOST_OF_A_PAGE);
    assert.ok(work.rows <= 20 * RARE, toldOf(work));
  });

  // Of times a test asserts nothing.
  it('take as long for a page', async (t) => {
    const [ofFew, ofMany] = [createPostgresImageRepository(few.postgres), createPostgresImageRepository(many.postgres)];
    for (const name of Object.keys(queriesOf(MANY))) {
      const pages = await fullPages(ofFew, queryNamed(name, FEW));
      const same = (await fullPages(ofMany, queryNamed(name, MANY))).slice(0, pages.length);
      const [small, large] = await alternate(
        () => timeOf(ofFew, pages.slice(0, same.length)),
        () => timeOf(ofMany, same),
      );
      t.diagnostic(`${name}: ${(large / small).toFixed(2)}, ${large.toFixed(2)} ms / ${small.toFixed(2)} ms`);
    }
  });
});

function queryNamed(name: string, count: number): FindQuery {
  const query = queriesOf(count)[name];
  if (!query) throw new Error(`expected a query; got ${name}`);
  return query;
}

const toldOf = ({ rows, blocks, statements }: PlanWork): string =>
  `${rows} rows, ${blocks} blocks, ${statements} statements`;

/** Milliseconds of a page. */
async function timeOf(images: ImageRepository, pages: readonly FindQuery[]): Promise<number> {
  const start = performance.now();
  for (const page of pages) await images.find(page);
  return (performance.now() - start) / pages.length;
}

/** The first one, though it may not be full, and those behind it. */
async function fullPages(images: ImageRepository, query: FindQuery): Promise<readonly FindQuery[]> {
  const pages = [query];
  for (let { next } = await images.find(query); next !== null && pages.length < PAGES; ) {
    const behind = { ...query, after: next };
    const page = await images.find(behind);
    if (page.images.length < query.limit) break;
    pages.push(behind);
    next = page.next;
  }
  return pages;
}

/** The medians of both, which take turns. */
async function alternate(one: () => Promise<number>, other: () => Promise<number>): Promise<readonly [number, number]> {
  const values = { one: [] as number[], other: [] as number[] };
  for (let round = 0; round < WARM_ROUNDS + ROUNDS; round += 1) {
    const [first, second] = [await one(), await other()];
    if (round < WARM_ROUNDS) continue;
    values.one.push(first);
    values.other.push(second);
  }
  return [median(values.one), median(values.other)];
}

const median = (values: readonly number[]): number =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;

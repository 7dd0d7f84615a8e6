import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { sampleDetails, sampleFacts } from '../../../../domain/facts/facts.fixture.ts';
import {
  describe as describeImage,
  type ReadyImage,
  scheduleMaintenance,
  tombstone,
} from '../../../../domain/image/image.ts';
import { openDatabase } from '../../../sqlite/database.ts';
import { createGroupCommit } from '../../../sqlite/group-commit.ts';
import { allRows, firstRow } from '../../../sqlite/rows.ts';
import { MIGRATIONS } from '../../../sqlite/schema.ts';
import { detailsText } from '../../facts-text.ts';
import type { FindQuery } from '../../image-repository.ts';
import { COLUMNS, cellsOf } from '../../image-row.ts';
import { listAll, searchQuery } from '../../list-model.fixture.ts';
import { NOW, newImageId, samplePending, samplePublished } from '../../sample-images.fixture.ts';
import { describeSearch } from '../../search.contract.ts';
import { createSqliteImageRepository } from '../sqlite.ts';
import { createSqliteHarness } from '../sqlite-harness.fixture.ts';
import { countSteps } from '../stepped-rows.fixture.ts';
import { candidatesSql, SEARCHED_RECORDS_SQL } from './search.ts';
import { createSearchIndex } from './search-index.ts';

/** Columns that later steps add. */
const LATER: readonly string[] = ['albums', 'guest_name', 'replaces', 'parts', 'former_id', 'fetch_from'];

describe('SQLite', () => describeSearch(() => createSqliteHarness()));
for (const readBudget of [1, 3]) {
  describe(`SQLite with a read budget of ${readBudget}`, () =>
    describeSearch(() => createSqliteHarness({ readBudget })));
}

type Harness = Awaited<ReturnType<typeof createSqliteHarness>>;

async function add({ images }: Harness, fields: Partial<ReadyImage>): Promise<ReadyImage> {
  const { userId = 'ada', description = null, filename = 'a.jpg', id = newImageId() } = fields;
  const pending = samplePending({ id, userId, description, filename });
  const ready = samplePublished(pending);
  await images.create(pending);
  await images.replace(pending, ready);
  return ready;
}

/** The terms of the index and the users of the images that have them. */
function indexed(database: DatabaseSync): { term: string; userId: string }[] {
  database.exec(
    "CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary USING fts5vocab ('main', 'image_search', 'instance')",
  );
  const terms = database.prepare(
    'SELECT v.term, i.user_id FROM vocabulary v JOIN image_search_rows r ON r.position = v.doc JOIN images i USING (n)',
  );
  return allRows(terms, []).map(([term, userId]) => ({ term: String(term), userId: String(userId) }));
}

const ownerOf = (userId: string): string => hash('sha256', userId).slice(0, 32);

const requireSound = (database: DatabaseSync): void =>
  database.exec("INSERT INTO image_search (image_search) VALUES ('integrity-check')");

describe('the search index', () => {
  it('has ready images only, by all beginnings of up to eight letters, and is sound after every change', async () => {
    await using harness = await createSqliteHarness();
    const { database, images } = harness;
    const terms = () =>
      indexed(database)
        .map(({ term }) => term.slice(32))
        .toSorted();
    const pending = samplePending({ filename: 'a.b', description: 'seagulls everywhere' });
    await images.create(pending);
    assert.deepEqual(terms(), []);
    const ready = samplePublished(pending);
    await images.replace(pending, ready);
    assert.ok(terms().includes('seagulls') && terms().includes('everywhe') && !terms().includes('everywher'));
    assert.equal(terms().length, 2 + 8 + 8);
    const edited = describeImage(ready, { description: 'sea' }, NOW) as ReadyImage;
    await images.replace(ready, edited);
    assert.deepEqual(terms(), ['a', 'b', 's', 'se', 'sea']);
    const kept = scheduleMaintenance(edited, NOW);
    await images.replace(edited, kept);
    assert.deepEqual(terms(), ['a', 'b', 's', 'se', 'sea']);
    requireSound(database);
    await images.replace(kept, tombstone(kept, NOW));
    assert.deepEqual(terms(), []);
    assert.deepEqual(firstRow(database.prepare('SELECT count(*) FROM image_search_rows'), []), [0]);
    requireSound(database);
  });

  it("gives every term its image's owner, whatever the text says", async () => {
    await using harness = await createSqliteHarness();
    const forged = `${ownerOf('ada')}sea "${ownerOf('ada')}sea" ${ownerOf('ada')} sea\u0000${ownerOf('ada')}sea`;
    await add(harness, { userId: 'bob', description: forged });
    await add(harness, { userId: 'bob', filename: `${ownerOf('ada')}sea.jpg`, description: 'a\u200b\u180e𞤀b' });
    const all = indexed(harness.database);
    assert.ok(all.length > 20);
    for (const { term, userId } of all) assert.ok(term.startsWith(ownerOf(userId)), term);
    assert.deepEqual(await listAll(harness.images, searchQuery('ada', ['sea'])), []);
  });

  it("doesn't decide whose an image is: a corrupt one shows nobody another owner's image", async () => {
    await using harness = await createSqliteHarness();
    const { database, images } = harness;
    const own = await add(harness, { description: 'sea' });
    await add(harness, { userId: 'bob', description: 'sea' });
    database.exec(`
      INSERT INTO image_search (rowid, terms)
      SELECT r.position, '${ownerOf('ada')}sea' FROM image_search_rows r JOIN images i USING (n) WHERE i.user_id = 'bob';
      INSERT OR REPLACE INTO temp.last_row (n) VALUES (1)`);
    assert.equal(
      indexed(database).filter(({ term, userId }) => userId === 'bob' && term.startsWith(ownerOf('ada'))).length,
      1,
    );
    assert.deepEqual(await listAll(images, searchQuery('ada', ['sea'])), [own]);
  });

  it('has the terms of the 100 words by which a record is found, and no other', async () => {
    await using harness = await createSqliteHarness();
    const words = Array.from({ length: 222 }, (_, n) => `${String(n).padStart(3, '0')}words`);
    const image = await add(harness, { filename: 'a', description: words.join(' ') });
    const all = indexed(harness.database).map(({ term }) => term.slice(32));
    assert.ok(all.includes('098words') && !all.some((term) => term.startsWith('099')));
    assert.deepEqual(await listAll(harness.images, searchQuery('ada', ['098words'])), [image]);
    assert.deepEqual(await listAll(harness.images, searchQuery('ada', ['099words'])), []);
    assert.deepEqual(await listAll(harness.images, searchQuery('ada', ['000words', '099words'])), []);
    await harness.images.replace(image, tombstone(image, NOW));
    assert.deepEqual(indexed(harness.database), []);
    requireSound(harness.database);
  });

  it("has users' words first among the 100, and takes up what the picture says as these become fewer", async () => {
    await using harness = await createSqliteHarness();
    const words = (count: number) =>
      Array.from({ length: count }, (_, n) => `${String(n).padStart(3, '0')}x`).join(' ');
    const pending = samplePending({ userId: 'ada', filename: 'a', description: words(98) });
    const ready = { ...samplePublished(pending), facts: { ...sampleFacts, camera: 'Nikon' }, hasDetails: true };
    await harness.images.create(pending);
    await harness.images.replace(pending, ready, { details: { ...sampleDetails, title: 'Pier', keywords: [] } });
    const found = (word: string) => listAll(harness.images, searchQuery('ada', [word]));
    assert.deepEqual([await found('097x'), await found('pier'), await found('nikon')], [[ready], [ready], []]);
    const longer = describeImage(ready, { description: words(99) }, NOW) as ReadyImage;
    await harness.images.replace(ready, longer);
    assert.deepEqual([await found('098x'), await found('pier')], [[longer], []]);
    const shorter = describeImage(longer, { description: 'sea' }, NOW) as ReadyImage;
    await harness.images.replace(longer, shorter);
    assert.deepEqual([await found('pier'), await found('nikon'), await found('001x')], [[shorter], [shorter], []]);
    requireSound(harness.database);
    await harness.images.replace(shorter, tombstone(shorter, NOW));
    assert.deepEqual(indexed(harness.database), []);
    requireSound(harness.database);
  });

  it('takes up what the pictures say that were read before it did', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-former-'));
    const former = openDatabase(folder.path, MIGRATIONS.slice(0, 5));
    const columns = COLUMNS.filter((column) => !LATER.includes(column));
    const insert = former.prepare(`INSERT INTO images (${columns}) VALUES (${columns.map(() => '?')})`);
    const details = former.prepare('INSERT INTO image_details (n, details) VALUES (last_insert_rowid(), ?)');
    const index = createSearchIndex(former);
    const stored = Array.from({ length: 1_203 }, (_, n) => {
      const facts = n % 3 ? { ...sampleFacts, camera: 'Nikon' } : null;
      const image = { ...samplePublished(samplePending({ filename: '!' })), facts, hasDetails: n % 2 === 0 };
      const { lastInsertRowid } = insert.run(...cellsOf(image, columns));
      if (image.hasDetails) details.run(detailsText(sampleDetails));
      index(undefined, { ...image, facts: null }, { n: Number(lastInsertRowid) });
      return image;
    });
    former.close();
    using database = openDatabase(folder.path, MIGRATIONS);
    await using writes = createGroupCommit(database);
    const images = createSqliteImageRepository(database, writes);
    const found = async (...words: string[]) => (await listAll(images, searchQuery('ada', words))).length;
    assert.deepEqual([await found('nikon'), await found('harbour'), await found('nikon', 'harbour')], [802, 602, 401]);
    assert.equal(await found('!'), 0);
    for (const image of stored) await images.replace(image, tombstone(image, NOW));
    assert.deepEqual(indexed(database), []);
    requireSound(database);
  });

  it('is rolled back with its record', async () => {
    await using harness = await createSqliteHarness();
    const { database } = harness;
    const pending = samplePending({ description: 'sea' });
    await harness.images.create(pending);
    database.exec(
      "CREATE TEMP TRIGGER broken BEFORE INSERT ON image_search_rows BEGIN SELECT raise(ABORT, 'broken'); END",
    );
    await assert.rejects(harness.images.replace(pending, samplePublished(pending)));
    assert.equal((await harness.images.get(pending.id))?.status, 'pending');
    assert.deepEqual(indexed(database), []);
  });

  it('keeps no word of a deleted image in the file', async () => {
    await using harness = await createSqliteHarness();
    const word = 'zyxwvuts';
    const file = async () => {
      harness.database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      const [, , path] = firstRow(harness.database.prepare('PRAGMA database_list'), []) ?? [];
      return (await readFile(String(path))).toString('latin1');
    };
    const image = await add(harness, { description: word });
    for (let n = 0; n < 20; n += 1) await add(harness, { description: 'other words' });
    assert.ok((await file()).includes(word));
    await harness.images.replace(image, tombstone(image, NOW));
    assert.ok(!(await file()).includes(word.slice(0, 4)));
  });

  it('leaves unreadable records out of pages, and reports them', async () => {
    await using harness = await createSqliteHarness();
    const [spoiled, kept] = [await add(harness, { description: 'sea' }), await add(harness, { description: 'sea' })];
    await harness.spoil(spoiled.id);
    assert.deepEqual(await harness.images.find(searchQuery('ada', ['sea'])), { images: [kept], next: null });
    assert.equal(harness.events.length, 1);
  });
});

describe('a search', () => {
  const OWN = 100;

  /** `others` images of bob between those of ada; all contain the words. */
  async function stored(others: number) {
    const harness = await createSqliteHarness();
    const adding = [];
    for (let n = 0; n < others; n += 1) {
      const id = newImageId(new Date(NOW.getTime() + n));
      const userId = n % (others / OWN) === 0 ? 'ada' : 'bob';
      adding.push(
        add(harness, { id, userId, description: n % 2 === 0 ? 'sea left' : 'sea right', filename: 'sea.jpg' }),
      );
    }
    await Promise.all(adding);
    const counting = countSteps(harness.database);
    const writes = createGroupCommit(counting.database);
    const images = createSqliteImageRepository(counting.database, writes);
    return {
      costOf: (query: FindQuery) => counting.costOf(() => images.find(query)),
      async [Symbol.asyncDispose]() {
        await writes[Symbol.asyncDispose]();
        await harness[Symbol.asyncDispose]();
      },
    };
  }

  it("reads the owner's rows only, and as many however many other images contain the words", async () => {
    const costs = [];
    for (const others of [OWN, 30 * OWN]) {
      await using images = await stored(others);
      const whole = await images.costOf(searchQuery('ada', ['sea'], { limit: 1_000 }));
      assert.equal(whole.result.images.length, OWN);
      assert.deepEqual(whole.rows, { image_search: OWN, image_search_rows: OWN, images: OWN });
      const page = await images.costOf(searchQuery('ada', ['se', 'jpg'], { limit: 50 }));
      assert.equal(page.result.images.length, 50);
      costs.push(whole.rows, page.rows);
    }
    assert.deepEqual(costs.slice(0, 2), costs.slice(2));
  });

  it('of words that never meet costs its budget, and says where it got to', async () => {
    await using images = await stored(3_000);
    const asked = searchQuery('bob', ['left', 'right'], { limit: 50 });
    const { result, rows } = await images.costOf(asked);
    assert.deepEqual(result.images, []);
    assert.ok(result.next !== null);
    assert.ok((rows['images'] ?? 0) <= 600, JSON.stringify(rows));
  });

  it('of a letter that all images contain costs the page', async () => {
    await using images = await stored(3_000);
    const { result, rows } = await images.costOf(searchQuery('bob', ['s'], { limit: 50 }));
    assert.equal(result.images.length, 50);
    assert.ok((rows['image_search'] ?? 0) <= 110 && (rows['images'] ?? 0) <= 110, JSON.stringify(rows));
  });

  for (const order of ['newest', 'oldest'] as const) {
    it(`asks the index for one term, in its order, ${order} first`, async () => {
      await using harness = await createSqliteHarness();
      const plan = (sql: string) =>
        allRows(harness.database.prepare(`EXPLAIN QUERY PLAN ${sql}`), []).map(([, , , detail]) => String(detail));
      const [only, ...more] = plan(candidatesSql(order));
      assert.match(only ?? '', /^SCAN image_search VIRTUAL TABLE INDEX \d+:.*[=<>M]/);
      assert.deepEqual(more, []);
      assert.deepEqual(plan(SEARCHED_RECORDS_SQL), [
        'SCAN listed VIRTUAL TABLE INDEX 1:',
        'SEARCH r USING INTEGER PRIMARY KEY (rowid=?)',
        'SEARCH i USING INTEGER PRIMARY KEY (rowid=?)',
        'SEARCH d USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN',
      ]);
    });
  }
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError } from '../../../domain/errors.ts';
import { describe as described, tombstone } from '../../../domain/image/image.ts';
import { firstRow } from '../../sqlite/rows.ts';
import { describeCapture } from '../capture.contract.ts';
import { describeFind } from '../find.contract.ts';
import { describePages } from '../find-pages.contract.ts';
import { describeImageRepository } from '../image-repository.contract.ts';
import { readyQuery } from '../list-model.fixture.ts';
import { describeMonths } from '../months.contract.ts';
import { addReady, NOW, samplePending } from '../sample-images.fixture.ts';
import { createSqliteHarness } from './sqlite-harness.fixture.ts';

describeImageRepository('SQLite', () => createSqliteHarness());
describeCapture(() => createSqliteHarness());
describeMonths(() => createSqliteHarness(), ['ada', undefined]);
describeImageRepository('SQLite, written by this process only', () => createSqliteHarness({ isOnlyWriter: true }));

for (const readBudget of [1, 3]) {
  describe(`SQLite with a read budget of ${readBudget}`, () => {
    describeFind(() => createSqliteHarness({ readBudget }));
    describePages(() => createSqliteHarness({ readBudget }));
    describeCapture(() => createSqliteHarness({ readBudget }));
  });
}

describe('the SQLite image repository', () => {
  const countTags = 'SELECT count(*) FROM image_tags';

  it('keeps tag rows for ready images only', async () => {
    await using harness = await createSqliteHarness();
    const count = () => firstRow(harness.database.prepare(countTags), [])?.[0];
    await harness.images.create(samplePending({ tags: ['red', 'blue'] }));
    assert.equal(count(), 0);
    const ready = await addReady(harness.images, { tags: ['red', 'blue'] });
    assert.equal(count(), 2);
    await harness.images.replace(ready, tombstone(ready, NOW));
    assert.equal(count(), 0);
  });

  it('keeps rows of metadata for the values of ready images only', async () => {
    await using harness = await createSqliteHarness();
    const rows = () => firstRow(harness.database.prepare('SELECT group_concat(value) FROM image_metadata'), [])?.[0];
    const ready = await addReady(harness.images, { metadata: { order: 'A17' }, filteredBy: ['order'] });
    assert.equal(rows(), 'A17');
    const changed = described(ready, { metadata: { order: 'B18' } }, NOW);
    assert.equal(await harness.images.replace(ready, changed), true);
    assert.equal(rows(), 'B18');
    assert.equal(await harness.images.replace(changed, tombstone(changed, NOW)), true);
    assert.equal(rows(), null);
  });

  it('names the image whose record is corrupt', async () => {
    await using harness = await createSqliteHarness();
    const ready = await addReady(harness.images);
    harness.database.exec('UPDATE images SET object_key = NULL');
    await assert.rejects(
      async () => harness.images.get(ready.id),
      ({ code, cause }: AppError) => code === 'internal' && `${cause}`.includes(`image ${ready.id} is corrupt`),
    );
    const reason = 'expected a value in objectKey; got nothing';
    assert.deepEqual(harness.events, [{ event: 'unreadable-record', imageId: ready.id, reason }]);
  });

  it('returns a short page of an intersection that spent its budget, with the position it reached', async () => {
    await using harness = await createSqliteHarness({ readBudget: 4 });
    const red = [];
    for (let n = 0; n < 3; n += 1) {
      red.push(await addReady(harness.images, { tags: ['red'], createdAt: new Date(NOW.getTime() + 2 * n) }));
      await addReady(harness.images, { tags: ['blue'], createdAt: new Date(NOW.getTime() + 2 * n + 1) });
    }
    const query = readyQuery({ tags: ['red', 'blue'] });
    const [first, second, third] = red;
    assert.deepEqual(await harness.images.find({ ...query, order: 'oldest', limit: 1 }), {
      images: [],
      next: second?.id,
    });
    const short = await harness.images.find(query);
    assert.deepEqual(short.images, []);
    assert.ok(short.next !== null && third && short.next < third.id);
    assert.deepEqual(await harness.images.find({ ...query, after: first?.id }), { images: [], next: null });
  });

  it('spends no budget on lists that are one range scan or a merge of them', async () => {
    await using harness = await createSqliteHarness({ readBudget: 1 });
    const listed = { tags: ['red', 'blue'], userId: 'ada', contentType: 'image/jpeg' } as const;
    const older = await addReady(harness.images, { ...listed, createdAt: new Date(NOW.getTime() - 1) });
    const newer = await addReady(harness.images, listed);
    const whole = { images: [newer, older], next: null };
    const { tags, ...scope } = listed;
    assert.deepEqual(await harness.images.find(readyQuery({ ...scope, tags: ['red'] })), whole);
    assert.deepEqual(await harness.images.find(readyQuery({ ...scope, tags: ['red', 'red'] })), whole);
    assert.deepEqual(await harness.images.find(readyQuery({ ...scope, tags, tagMode: 'any' })), whole);
  });

  it('can be written to after an intersection that met a corrupt record', async () => {
    await using harness = await createSqliteHarness();
    await addReady(harness.images, { tags: ['red', 'blue'] });
    harness.database.exec('UPDATE images SET object_key = NULL');
    assert.deepEqual(await harness.images.find(readyQuery({ tags: ['red', 'blue'] })), { images: [], next: null });
    assert.equal(await harness.images.create(samplePending()), true);
  });

  it('omits a record with an unknown value, and reports the reason', async () => {
    for (const [spoiled, reason] of [
      ["content_type = 'image/jxl'", 'expected an accepted media type; got "image/jxl"'],
      ['tags = \'["red", 7]\'', 'expected tags; got something else'],
      ["rendition_failures = '[null]'", 'expected failures of renditions; got something else'],
      ['updated_at = 9000000000000000', 'expected a time; got something else'],
      ["visibility = 'friends'", 'expected a visibility; got "friends"'],
      ["links = '[null]'", 'expected links; got something else'],
      ['links = \'[{"id":"short"}]\'', 'expected the id of a link; got something else'],
    ] as const) {
      await using harness = await createSqliteHarness();
      const ready = await addReady(harness.images);
      const kept = await addReady(harness.images);
      harness.database.exec(`UPDATE images SET ${spoiled} WHERE id = '${ready.id}'`);
      assert.deepEqual((await harness.images.find(readyQuery())).images, [kept], spoiled);
      assert.deepEqual(harness.events, [{ event: 'unreadable-record', imageId: ready.id, reason }]);
    }
  });

  it('reports insufficient-storage while the disk is full, and works again afterwards', async () => {
    await using harness = await createSqliteHarness();
    const database = harness.database;
    const [pages] = firstRow(database.prepare('PRAGMA page_count'), []) ?? [];
    database.exec(`PRAGMA max_page_count = ${pages}`);
    const large = samplePending({ description: 'x'.repeat(100_000) });
    await assert.rejects(harness.images.create(large), hasCode('insufficient-storage'));
    database.exec('PRAGMA max_page_count = 1000000');
    assert.equal(await harness.images.create(large), true);
  });

  it('reports unavailable if the database is read-only', async () => {
    await using harness = await createSqliteHarness();
    harness.database.exec('PRAGMA query_only = 1');
    await assert.rejects(harness.images.create(samplePending()), hasCode('unavailable'));
  });
});

const hasCode = (code: AppError['code']) => (error: unknown) => error instanceof AppError && error.code === code;

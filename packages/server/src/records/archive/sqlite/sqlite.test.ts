import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sampleDetails } from '../../../domain/facts/facts.fixture.ts';
import { isStored } from '../../../domain/image/image.ts';
import { addReady, newImageId, samplePending, samplePublished } from '../../images/sample-images.fixture.ts';
import { leavesOf, misdirectPage, overflowTo, zeroPage } from '../../sqlite/misdirected-page.fixture.ts';
import { createSqliteArchiveHarness } from '../archive-harness.fixture.ts';
import { describeRecordArchive } from '../record-archive.contract.ts';
import type { RecordArchive } from '../record-archive.ts';

describeRecordArchive('SQLite', createSqliteArchiveHarness);

it('reads all records as of one moment, and the service writes meanwhile', async () => {
  await using harness = await createSqliteArchiveHarness();
  const before = [];
  for (let n = 0; n < 3; n += 1) before.push(await addReady(harness.images));
  const found: string[] = [];
  let isFirst = true;
  for await (const page of harness.archive.all()) {
    if (isFirst) await addReady(harness.images);
    isFirst = false;
    for (const one of page) if (one.kind === 'image' && isStored(one.image)) found.push(one.image.id);
  }
  assert.deepEqual(
    found,
    before.map(({ id }) => id),
  );
});

it('has the moment of its first read before its first page is used, and refuses a database of another version', async () => {
  await using harness = await createSqliteArchiveHarness();
  const pages = harness.archive.all()[Symbol.asyncIterator]();
  await addReady(harness.images);
  const first = await pages.next();
  assert.equal(first.value?.length, 1);
  await pages.return?.();
  harness.database.exec('PRAGMA user_version = 9999');
  await assert.rejects(harness.archive.all()[Symbol.asyncIterator]().next(), /which a newer Safelight wrote/);
});

/** Which pages of the table of images are written to a wrong place, by their positions among its leaves. */
const MISDIRECTED = [
  { name: 'a later page to the place of an earlier one', from: -2, to: 3 },
  { name: 'an earlier page to the place of a later one', from: 3, to: -2 },
  { name: 'the first page to the place of the second', from: 0, to: 1 },
  { name: 'the second page to the place of the first', from: 1, to: 0 },
  { name: 'the last page to the place of the one before', from: -1, to: -2 },
] as const;

/** The ids of images that are read, and of those that can't be, with the damage that is reported. */
async function imagesIn(archive: RecordArchive) {
  const damage: string[] = [];
  const lost: string[] = [];
  const found: string[] = [];
  const onUnreadable = (id: string): void => void lost.push(id);
  for await (const page of archive.all({ onUnreadable, onDamage: (detail) => damage.push(detail) }))
    for (const one of page) if (one.kind === 'image') found.push(one.image.id);
  return { damage, lost, found };
}

describe('records of a damaged database', () => {
  for (const { name, from, to } of MISDIRECTED)
    it(`are read once each, and the lost ones are named: ${name}`, async () => {
      await using harness = await createSqliteArchiveHarness();
      const { archive, folder } = harness;
      const ids = Array.from({ length: 600 }, () => newImageId());
      await Promise.all(
        ids.map((id) => archive.put({ kind: 'image', image: samplePublished(samplePending({ id, tags: [] })) })),
      );
      const leaves = leavesOf(folder, 'images');
      const at = (position: number): number => leaves.at(position) ?? assert.fail('expected many leaves');
      misdirectPage(folder, { from: at(from), to: at(to) });

      await assert.rejects(archive.all()[Symbol.asyncIterator]().next(), { isDamage: true });
      const { damage, lost, found } = await imagesIn(archive);
      assert.equal(damage.length, 1);
      assert.match(damage[0] ?? '', /^The database is damaged: expected /);
      assert.notEqual(lost.length, 0);
      assert.deepEqual([...found, ...lost].toSorted(), ids.toSorted());
    });

  for (const { name, from, to } of MISDIRECTED)
    it(`of another table are read once each, too: ${name}`, async () => {
      await using harness = await createSqliteArchiveHarness();
      const { archive, folder } = harness;
      const limits = { bytes: 1, images: null, pending: null };
      const userIds = Array.from({ length: 300 }, (_, n) => `user ${String(n).padStart(3, '0')} ${'x'.repeat(200)}`);
      await Promise.all(userIds.map((userId) => archive.put({ kind: 'limits', userId, limits })));
      const leaves = leavesOf(folder, 'quotas');
      const at = (position: number): number => leaves.at(position) ?? assert.fail('expected many leaves');
      misdirectPage(folder, { from: at(from), to: at(to) });

      const found: string[] = [];
      const damage: string[] = [];
      for await (const page of archive.all({ onDamage: (detail) => damage.push(detail) }))
        for (const one of page) if (one.kind === 'limits') found.push(one.userId);
      assert.equal(damage.length, 1);
      assert.equal(new Set(found).size, found.length);
      assert.ok(
        found.length < userIds.length && found.length > userIds.length - 30,
        `${found.length} of ${userIds.length}`,
      );
    });

  for (const [table, lost] of [
    ['images', 'some'],
    ['quotas', 'some'],
    ['sqlite_autoindex_images_1', 'none'],
    ['image_details', 'none'],
  ] as const)
    it(`are read before and behind a page that can't be read: ${table}`, async () => {
      await using harness = await createSqliteArchiveHarness();
      const { archive, folder } = harness;
      const limits = { bytes: 1, images: null, pending: null };
      const put = (n: number) => [
        archive.put({ kind: 'limits', userId: `user ${n} ${'x'.repeat(200)}`, limits }),
        archive.put({
          kind: 'image',
          image: { ...samplePublished(samplePending({ id: newImageId(), tags: [] })), hasDetails: true },
          details: sampleDetails,
        }),
      ];
      await Promise.all(Array.from({ length: 300 }, (_, n) => put(n)).flat());
      const leaves = leavesOf(folder, table);
      zeroPage(folder, leaves.at(Math.floor(leaves.length / 2)) ?? 0);

      for (const moment of ['of-all', 'of-each-page'] as const) {
        const damage: string[] = [];
        const unreadable: string[] = [];
        let records = 0;
        const onUnreadable = (id: string): void => void unreadable.push(id);
        for await (const page of archive.all({ moment, onUnreadable, onDamage: (detail) => damage.push(detail) }))
          records += page.length;
        assert.equal(damage.length, 1);
        assert.equal(unreadable.length > 0, table === 'images');
        assert.equal(records < 600, lost === 'some');
        assert.ok(records > 550, `${records} of 600`);
      }
    });

  it('are all read but two whose long values are on pages that cannot be read, and these are named', async () => {
    await using harness = await createSqliteArchiveHarness();
    const { archive, folder, database } = harness;
    const metadata = { long: 'x'.repeat(9_000) };
    const ids = Array.from({ length: 12 }, () => newImageId());
    for (const id of ids)
      await archive.put({ kind: 'image', image: samplePublished(samplePending({ id, tags: [], metadata })) });
    leavesOf(folder, 'images');
    const pages = database.prepare(
      "SELECT min(pageno) FROM dbstat WHERE name = 'images' AND pagetype = 'overflow' GROUP BY substr(path, 1, instr(path, '+'))",
    );
    const chains = pages.all().map((row) => Number(Object.values(row)[0]));
    for (const chain of [chains[3], chains[8]]) overflowTo(folder, chain ?? 0, 999_999);

    const { damage, lost, found } = await imagesIn(archive);
    assert.deepEqual([damage.length, lost.length], [1, 2]);
    assert.deepEqual([...found, ...lost].toSorted(), ids.toSorted());
  });

  it('are read by the table if a page of the index of ids is at the place of another', async () => {
    await using harness = await createSqliteArchiveHarness();
    const { archive, folder } = harness;
    const image = () => samplePublished(samplePending({ id: newImageId(), tags: [] }));
    await Promise.all(Array.from({ length: 600 }, () => archive.put({ kind: 'image', image: image() })));
    const leaves = leavesOf(folder, 'sqlite_autoindex_images_1');
    misdirectPage(folder, { from: leaves.at(0) ?? 0, to: leaves.at(-1) ?? 0 });
    let records = 0;
    for await (const page of archive.all({ onDamage: () => undefined })) records += page.length;
    assert.equal(records, 600);
  });
});

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { isStored } from '../../domain/image/image.ts';
import { addReady } from '../../image-repository/sample-images.fixture.ts';
import { createSqliteArchiveHarness } from '../archive-harness.fixture.ts';
import { describeRecordArchive } from '../record-archive.contract.ts';

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

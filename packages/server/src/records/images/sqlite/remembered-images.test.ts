import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { retagged, scheduleMaintenance, tombstone, withLinks, withWorkingCopy } from '../../../domain/image/image.ts';
import { recordRenditionCrash } from '../../../domain/image/rendition-failures.ts';
import { createGroupCommit } from '../../sqlite/group-commit.ts';
import { readyQuery } from '../list-model.fixture.ts';
import { addReady, NOW, sampleLink } from '../sample-images.fixture.ts';
import { createSqliteImageRepository } from './sqlite.ts';
import { createSqliteHarness } from './sqlite-harness.fixture.ts';

const COPY = { sha256: '0'.repeat(64), sizeBytes: 9, contentType: 'image/webp', width: 2_048, height: 1 } as const;

const renamed = `UPDATE images SET description = 'renamed', revision = revision + 1`;

describe('a ready image that was read', () => {
  it('is the same object while its record is unchanged', async () => {
    await using harness = await createSqliteHarness({ isOnlyWriter: true });
    const { id } = await addReady(harness.images);
    const first = await harness.images.get(id);
    assert.equal(await harness.images.get(id), first);
    assert.equal((await harness.images.find(readyQuery())).images[0], first);
  });

  it('is a new object after a write', async () => {
    await using harness = await createSqliteHarness({ isOnlyWriter: true });
    const ready = await addReady(harness.images);
    const current = async () => [
      await harness.images.get(ready.id),
      ...(await harness.images.find(readyQuery())).images,
    ];
    assert.deepEqual(await current(), [ready, ready]);
    const changed = { ...ready, description: 'changed', revision: ready.revision + 1 };
    const writing = harness.images.replace(ready, changed);
    assert.deepEqual(await current(), [ready, ready]);
    assert.equal(await writing, true);
    assert.deepEqual(await current(), [changed, changed]);
    const deleted = tombstone(changed, NOW);
    await harness.images.replace(changed, deleted);
    assert.deepEqual(await current(), [deleted]);
  });

  it('is read again if other processes may write', async () => {
    await using harness = await createSqliteHarness();
    const { id } = await addReady(harness.images);
    await harness.images.get(id);
    harness.database.exec(renamed);
    const image = await harness.images.get(id);
    assert.equal(image?.status === 'ready' && image.description, 'renamed');
  });

  it('is listed with the changes of other writers', async () => {
    await using harness = await createSqliteHarness({ isOnlyWriter: true });
    await addReady(harness.images);
    await harness.images.find(readyQuery());
    harness.database.exec(renamed);
    const { images } = await harness.images.find(readyQuery());
    assert.deepEqual(
      images.map(({ description }) => description),
      ['renamed'],
    );
  });

  it('is a new object after changes that keep its revision: maintenance, a rendition failure, an entity tag, links, a working copy', async () => {
    await using harness = await createSqliteHarness();
    const ready = await addReady(harness.images);
    const current = async () => [
      await harness.images.get(ready.id),
      ...(await harness.images.find(readyQuery())).images,
    ];
    assert.deepEqual(await current(), [ready, ready]);
    await using other = createGroupCommit(harness.database);
    const elsewhere = createSqliteImageRepository(harness.database, other);
    let before = ready;
    for (const after of [
      scheduleMaintenance(ready, NOW),
      recordRenditionCrash(scheduleMaintenance(ready, NOW), { rendition: 'r1', detail: 'it died', at: NOW }),
      ready,
      retagged(ready, '"t1"'),
      withLinks(ready, [sampleLink()]),
      withLinks(ready, []),
      withWorkingCopy(ready, COPY),
      withWorkingCopy(ready, { ...COPY, sha256: '1'.repeat(64) }),
      ready,
    ]) {
      assert.equal(await elsewhere.replace(before, after), true);
      assert.deepEqual(await current(), [after, after]);
      before = after;
    }
  });
});

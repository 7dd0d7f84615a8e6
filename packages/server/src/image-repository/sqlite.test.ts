import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { AppError } from '../domain/errors.ts';
import { tombstone } from '../domain/image.ts';
import { openDatabase } from '../sqlite/database.ts';
import { createGroupCommit } from '../sqlite/group-commit.ts';
import { firstRow } from '../sqlite/rows.ts';
import { describeImageRepository } from './image-repository.contract.ts';
import { addReady, NOW, samplePending } from './sample-images.fixture.ts';
import { createSqliteImageRepository } from './sqlite.ts';

async function create() {
  const folder = await mkdtempDisposable(join(tmpdir(), 'safelight-images-'));
  const database = openDatabase(folder.path);
  const writes = createGroupCommit(database);
  return {
    database,
    images: createSqliteImageRepository(database, writes),
    async [Symbol.asyncDispose]() {
      await writes[Symbol.asyncDispose]();
      database.close();
      await folder.remove();
    },
  };
}

describeImageRepository('SQLite', create);

describe('the SQLite image repository', () => {
  const countTags = 'SELECT count(*) FROM image_tags';

  it('keeps tag rows for ready images only', async () => {
    await using harness = await create();
    const count = () => firstRow(harness.database.prepare(countTags), [])?.[0];
    await harness.images.create(samplePending({ tags: ['red', 'blue'] }));
    assert.equal(count(), 0);
    const ready = await addReady(harness.images, { tags: ['red', 'blue'] });
    assert.equal(count(), 2);
    await harness.images.replace(ready, tombstone(ready, NOW));
    assert.equal(count(), 0);
  });

  it('names the image whose record is corrupt', async () => {
    await using harness = await create();
    const ready = await addReady(harness.images);
    harness.database.exec('UPDATE images SET object_key = NULL');
    const namesIt = new RegExp(`image ${ready.id} is corrupt`);
    await assert.rejects(harness.images.get(ready.id), namesIt);
    await assert.rejects(harness.images.find({ tags: [], limit: 10 }), namesIt);
  });

  it('says insufficient-storage when the disk is full, and works again when it is not', async () => {
    await using harness = await create();
    const database = harness.database;
    const [pages] = firstRow(database.prepare('PRAGMA page_count'), []) ?? [];
    database.exec(`PRAGMA max_page_count = ${pages}`);
    const large = samplePending({ description: 'x'.repeat(100_000) });
    await assert.rejects(harness.images.create(large), hasCode('insufficient-storage'));
    database.exec('PRAGMA max_page_count = 1000000');
    assert.equal(await harness.images.create(large), true);
  });

  it('says unavailable when the database can only be read', async () => {
    await using harness = await create();
    harness.database.exec('PRAGMA query_only = 1');
    await assert.rejects(harness.images.create(samplePending()), hasCode('unavailable'));
  });
});

const hasCode = (code: AppError['code']) => (error: unknown) => error instanceof AppError && error.code === code;

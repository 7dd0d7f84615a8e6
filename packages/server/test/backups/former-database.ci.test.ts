import assert from 'node:assert/strict';
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { revocationOf } from '../../src/domain/access/revocation.ts';
import { allOf, inOrder } from '../../src/records/archive/record-archive.contract.ts';
import { recordOf } from '../../src/records/archive/record-json.ts';
import { createSqliteRecordArchive } from '../../src/records/archive/sqlite/sqlite.ts';
import { DATABASE_FILE, openDatabase } from '../../src/records/sqlite/database.ts';
import { createGroupCommit } from '../../src/records/sqlite/group-commit.ts';
import { MIGRATIONS } from '../../src/records/sqlite/schema.ts';
import { createSharingService } from '../services/sharing-service.ts';

const MADE = join(import.meta.dirname, 'made-by-900fd22b');

/** A data folder of commit 900fd22b. */
async function createFormerFolder() {
  const folder = await mkdtempDisposable(join(tmpdir(), 'safelight-former-'));
  using database = new DatabaseSync(join(folder.path, DATABASE_FILE));
  database.exec(await readFile(join(MADE, 'database.sql'), 'utf8'));
  return folder;
}

const formerRecords = async () =>
  (await readFile(join(MADE, 'records.jsonl'), 'utf8')).trim().split('\n').map(recordOf);

/** The columns of each table, and those of each index. */
function layoutOf(folder: string): readonly string[] {
  using database = new DatabaseSync(join(folder, DATABASE_FILE), { readOnly: true });
  const columns = database.prepare(
    `SELECT t.name, c.name AS part, c.type, c."notnull" AS needed, c.dflt_value AS fallback, c.pk
     FROM pragma_table_list t JOIN pragma_table_xinfo(t.name) c WHERE t.schema = 'main'`,
  );
  const indexes = database.prepare(
    `SELECT t.name, i.name AS part, i."unique" AS one, i.partial, x.seqno, x.name AS place
     FROM pragma_table_list t JOIN pragma_index_list(t.name) i JOIN pragma_index_xinfo(i.name) x WHERE t.schema = 'main'`,
  );
  return [...columns.all(), ...indexes.all()].map((row) => JSON.stringify(row)).toSorted();
}

describe('the database of a data folder at commit 900fd22b', () => {
  it('is migrated, with every record as it was, and takes revocations', async () => {
    await using folder = await createFormerFolder();
    using database = openDatabase(folder.path, MIGRATIONS);
    await using writes = createGroupCommit(database);
    const archive = createSqliteRecordArchive(database, writes, { folder: folder.path });
    const records = await formerRecords();
    assert.deepEqual(await allOf({ archive }), inOrder(records));
    const revocation = revocationOf({ userId: 'ada', tokenId: null }, new Date());
    assert.equal(await archive.put({ kind: 'revocation', revocation }), true);
    assert.deepEqual(await allOf({ archive }), inOrder([...records, { kind: 'revocation', revocation }]));
  });

  it('has the tables and indexes of a new database afterwards', async () => {
    await using former = await createFormerFolder();
    await using fresh = await mkdtempDisposable(join(tmpdir(), 'safelight-fresh-'));
    for (const { path } of [former, fresh]) openDatabase(path, MIGRATIONS).close();
    const layout = layoutOf(fresh.path);
    assert.ok(layout.length > 100, `expected the layout of all tables; got ${layout.length} parts`);
    assert.deepEqual(layoutOf(former.path), layout);
  });

  it('serves its images after the start of this version', async () => {
    await using former = await createFormerFolder();
    await using service = await createSharingService({ folder: former.path });
    const found = (await formerRecords()).flatMap((one) =>
      one.kind === 'image' && one.image.status === 'ready' ? [one.image.id] : [],
    );
    const answer = await service.request('/images?user_id=ada');
    assert.equal(answer.status, 200);
    const { images } = (await answer.json()) as { images: readonly { image_id: string }[] };
    assert.deepEqual(
      images.map(({ image_id }) => image_id),
      found,
    );
    assert.equal(found.length, 1);
    assert.equal(await service.services.revocations.ofUser('ada'), undefined);
  });
});

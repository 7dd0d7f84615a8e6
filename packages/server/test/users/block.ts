import { v7 as uuidv7 } from 'uuid';
import { userHashOf } from '../../src/domain/user/user-hash.ts';
import { createSqliteErasureRepository } from '../../src/records/erasures/sqlite/sqlite.ts';
import { openDatabase } from '../../src/records/sqlite/database.ts';
import { createGroupCommit } from '../../src/records/sqlite/group-commit.ts';
import { MIGRATIONS } from '../../src/records/sqlite/schema.ts';

/** Blocks a user beside a running service, as another process does. */
export async function block(folder: string, userId: string, seconds = 3_600): Promise<void> {
  using database = openDatabase(folder, MIGRATIONS);
  await using writes = createGroupCommit(database);
  const erasures = createSqliteErasureRepository(database, writes);
  const key = await erasures.addKey('ab'.repeat(32));
  const erasedAt = new Date();
  const blockedUntil = new Date(erasedAt.getTime() + seconds * 1_000);
  await erasures.add({ id: uuidv7(), userHash: userHashOf(key, userId), imageIds: [], erasedAt, blockedUntil });
}

import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../sqlite/database.ts';
import { createGroupCommit } from '../sqlite/group-commit.ts';
import { createSqliteImageRepository, type SqliteImageRepositoryOptions } from './sqlite.ts';

/** A repository in a temporary folder of its own. */
export async function createSqliteHarness(options: SqliteImageRepositoryOptions = {}) {
  const folder = await mkdtempDisposable(join(tmpdir(), 'safelight-images-'));
  const database = openDatabase(folder.path);
  const writes = createGroupCommit(database);
  return {
    database,
    images: createSqliteImageRepository(database, writes, options),
    forgets: 'when purged' as const,
    async [Symbol.asyncDispose]() {
      await writes[Symbol.asyncDispose]();
      database.close();
      await folder.remove();
    },
  };
}

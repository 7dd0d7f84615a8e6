import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ImageId } from '../../../domain/image/image-id.ts';
import { UNLIMITED } from '../../../domain/usage/quota.ts';
import type { ServiceEvent } from '../../../observe/observer/observer.ts';
import { openDatabase } from '../../sqlite/database.ts';
import { createGroupCommit } from '../../sqlite/group-commit.ts';
import { MIGRATIONS } from '../../sqlite/schema.ts';
import { createSqliteUsage } from '../../usage/sqlite/usage.ts';
import { createSqliteImageRepository, type SqliteImageRepositoryOptions } from './sqlite.ts';

/** A repository in a new temporary folder. */
export async function createSqliteHarness(options: SqliteImageRepositoryOptions = {}) {
  const folder = await mkdtempDisposable(join(tmpdir(), 'safelight-images-'));
  const database = openDatabase(folder.path, MIGRATIONS);
  const writes = createGroupCommit(database);
  const events: ServiceEvent[] = [];
  return {
    database,
    writes,
    images: createSqliteImageRepository(database, writes, { observe: (event) => events.push(event), ...options }),
    uncounted: createSqliteImageRepository(database, writes),
    usage: createSqliteUsage(database, writes, options.countsWith ?? UNLIMITED),
    forgets: 'when told' as const,
    events,
    async spoil(id: ImageId) {
      database.prepare("UPDATE images SET metadata = 'no JSON', revision = revision + 1 WHERE id = ?").run(id);
    },
    async [Symbol.asyncDispose]() {
      await writes[Symbol.asyncDispose]();
      database.close();
      await folder.remove();
    },
  };
}

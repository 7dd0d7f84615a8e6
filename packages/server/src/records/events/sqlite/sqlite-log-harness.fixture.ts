import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServiceEvent } from '../../../observe/observer/observer.ts';
import { createSqliteRecordArchive } from '../../archive/sqlite/sqlite.ts';
import { NOW } from '../../images/sample-images.fixture.ts';
import { createSqliteImageRepository } from '../../images/sqlite/sqlite.ts';
import { openDatabase } from '../../sqlite/database.ts';
import { createGroupCommit } from '../../sqlite/group-commit.ts';
import { MIGRATIONS } from '../../sqlite/schema.ts';
import type { EventLogHarness } from '../event-log.contract.ts';
import { createEventWrites } from './event-writes.ts';
import { createSqliteEventLog } from './sqlite.ts';

/** A log in a new temporary folder, and a repository beside it whose changes it lacks. */
export async function createSqliteLogHarness() {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'safelight-events-')));
  const database = stack.use(openDatabase(folder.path, MIGRATIONS));
  const writes = stack.use(createGroupCommit(database));
  let now = NOW;
  const events = createEventWrites(database, { now: () => now });
  const told: ServiceEvent[] = [];
  const log = createSqliteEventLog(database, writes, { observe: (event) => told.push(event) });
  await log.begin('0123456789abcdef');
  const held = stack.move();
  return {
    database,
    images: createSqliteImageRepository(database, writes, { events }),
    unlogged: createSqliteImageRepository(database, writes),
    archive: createSqliteRecordArchive(database, writes, { folder: folder.path, events }),
    log,
    told,
    async spoil({ id }) {
      database.prepare("UPDATE events SET type = 'image.framed' WHERE image_id = ?").run(id);
    },
    forgets: 'when told',
    settle: async () => undefined,
    setNow(time) {
      now = time;
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  } satisfies EventLogHarness & Record<string, unknown>;
}

import type { DatabaseSync } from 'node:sqlite';
import type { GroupCommit } from '../../sqlite/group-commit.ts';
import { firstRow } from '../../sqlite/rows.ts';
import { translated } from '../../sqlite/sqlite-error.ts';
import { type Coordination, LONGEST_LEASE_SECONDS } from '../coordination.ts';

export interface SqliteCoordination extends Coordination {
  /** Ends every lease, for a starting service that is the only one. */
  endLeases(): Promise<void>;
}

/** Leases and bookmarks in the database of `openDatabase`; `writes` is that connection's group commit. */
export function createSqliteCoordination(database: DatabaseSync, writes: GroupCommit): SqliteCoordination {
  const holdLease = database.prepare(
    `INSERT INTO leases (name, holder, until) VALUES (?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
     WHERE holder = excluded.holder OR until <= ? OR until > ?`,
  );
  const renewLease = database.prepare('UPDATE leases SET until = ? WHERE name = ? AND holder = ? AND until > ?');
  const endLeases = database.prepare('DELETE FROM leases');
  const readBookmark = database.prepare('SELECT position FROM bookmarks WHERE name = ?');
  const writeBookmark = database.prepare('REPLACE INTO bookmarks (name, position) VALUES (?, ?)');

  return {
    holdLease: ({ name, holder, until }, now) =>
      writes.write(
        () =>
          holdLease.run(name, holder, until.getTime(), now.getTime(), now.getTime() + LONGEST_LEASE_SECONDS * 1000)
            .changes === 1,
      ),

    renewLease: ({ name, holder, until }, now) =>
      writes.write(() => renewLease.run(until.getTime(), name, holder, now.getTime()).changes === 1),

    async endLeases() {
      await writes.write(() => void endLeases.run());
    },

    async bookmark(name) {
      const row = translated(() => firstRow(readBookmark, [name]));
      return row && String(row[0]);
    },

    async setBookmark(name, position) {
      await writes.write(() => void writeBookmark.run(name, position));
    },
  };
}

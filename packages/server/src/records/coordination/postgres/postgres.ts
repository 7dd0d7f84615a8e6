import type { Statements } from '../../postgres/database.ts';
import { type Coordination, LONGEST_LEASE_SECONDS } from '../coordination.ts';

/** One of two upserts at once waits for the other's commit and compares its row: the lease goes to one of them. */
const HOLD = `INSERT INTO leases (name, holder, until) VALUES ($1, $2, $3)
  ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
  WHERE leases.holder = excluded.holder OR leases.until <= $4 OR leases.until > $5`;

/** Leases and bookmarks in the database of the images. Leases are compared with the caller's clock, as on DynamoDB. */
export function createPostgresCoordination(postgres: Statements): Coordination {
  return {
    async holdLease({ name, holder, until }, now) {
      const implausible = now.getTime() + LONGEST_LEASE_SECONDS * 1000;
      return (await postgres.change(HOLD, [name, holder, until.getTime(), now.getTime(), implausible])) === 1;
    },

    async renewLease({ name, holder, until }, now) {
      const renewed = await postgres.change(
        'UPDATE leases SET until = $3 WHERE name = $1 AND holder = $2 AND until > $4',
        [name, holder, until.getTime(), now.getTime()],
      );
      return renewed === 1;
    },

    async bookmark(name) {
      const [row] = await postgres.rows('SELECT position FROM bookmarks WHERE name = $1', [name]);
      return row && String(row[0]);
    },

    async setBookmark(name, position) {
      await postgres.change(
        `INSERT INTO bookmarks (name, position) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET position = excluded.position`,
        [name, position],
      );
    },
  };
}

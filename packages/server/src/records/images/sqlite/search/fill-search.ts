import type { DatabaseSync } from 'node:sqlite';
import type { ReadyImage } from '../../../../domain/image/image.ts';
import { allRows } from '../../../sqlite/rows.ts';
import { storedFacts } from '../../facts-text.ts';
import { detailsIn } from '../details-rows.ts';
import { createSearchIndex } from './search-index.ts';

/** Images between two pauses. */
const BATCH = 500;

/** The next ready images that say something, by row number; the columns are those of this step's time. */
const SAYING_SQL = `
  SELECT n, id, user_id, filename, description, facts, details FROM images LEFT JOIN image_details USING (n)
  WHERE n > ? AND +status = 'ready' AND (facts IS NOT NULL OR details IS NOT NULL) ORDER BY n LIMIT ${BATCH}`;

/** Adds what pictures say to the index of images that users' words alone are in. Yields how many. */
export function* fillSearch(database: DatabaseSync): Generator<number> {
  const select = database.prepare(SAYING_SQL);
  const index = createSearchIndex(database);
  let filled = 0;
  for (let last = 0; ; ) {
    const batch = allRows(select, [last]);
    for (const [n, id, userId, filename, description, facts, details] of batch) {
      last = Number(n);
      const before = {
        ...{ status: 'ready', id, userId, filename, description },
        facts: null,
      } as unknown as ReadyImage;
      const after = { ...before, facts: facts === null ? null : storedFacts(String(facts)) };
      index(before, after, { details: typeof details === 'string' ? detailsIn([details]) : null, n: last });
    }
    filled += batch.length;
    yield filled;
    if (batch.length < BATCH) return;
  }
}

import type { DatabaseSync } from 'node:sqlite';
import type { ReadyImage } from '../../../../domain/image/image.ts';
import { FILL_BATCH, fillRows } from '../../../sqlite/fill-rows.ts';
import { storedFacts } from '../../facts-text.ts';
import { detailsIn } from '../details-rows.ts';
import { createSearchIndex } from './search-index.ts';

/** The next ready images that say something, by row number; the columns are those of this step's time. */
const SAYING_SQL = `
  SELECT n, id, user_id, filename, description, facts, details FROM images LEFT JOIN image_details USING (n)
  WHERE n > ? AND +status = 'ready' AND (facts IS NOT NULL OR details IS NOT NULL) ORDER BY n LIMIT ${FILL_BATCH}`;

/** Adds what pictures say to the index of images that users' words alone are in. Yields how many. */
export function fillSearch(database: DatabaseSync): Generator<number> {
  const index = createSearchIndex(database);
  return fillRows(database, SAYING_SQL, ([n, id, userId, filename, description, facts, details]) => {
    const before = {
      ...{ status: 'ready', id, userId, filename, description },
      facts: null,
    } as unknown as ReadyImage;
    const after = { ...before, facts: facts === null ? null : storedFacts(String(facts)) };
    index(before, after, { details: typeof details === 'string' ? detailsIn([details]) : null, n: Number(n) });
  });
}

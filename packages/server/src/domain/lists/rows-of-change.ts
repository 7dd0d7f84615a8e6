import { invalidField } from '../errors.ts';
import type { Image } from '../image/image.ts';
import { filterRowsOf } from '../metadata/metadata-filters.ts';
import { capturePositionOf } from './list-position.ts';

/** "Quotas", Amazon DynamoDB Developer Guide: a transaction has 100 actions. */
const MAX_ACTIONS = 100;
/** Record, usage, details and event. */
const ALWAYS = 4;
/** One month less and another more, twice while a walk counts them once more. */
const OF_MONTHS = 4;
/** Claim, check and release. */
const OF_EXTERNAL_ID = 3;
/** In lists of the owner, and in those over all owners. */
const ROWS_OF_TAG = 2;

/**
 * Requires that every store can write a change of a ready image at once: with new tags each tag and with another date
 * each list by capture has other rows, also those of its albums. Errors: `invalid-request`.
 */
export function requireFewRows(from: Image, to: Image): void {
  const rows = rowsOfChange(from, to);
  if (rows <= MAX_ACTIONS) return;
  throw invalidField(
    '/tags',
    `expected a change of at most ${MAX_ACTIONS} rows of lists; got ${rows}: change tags and taken_at separately`,
  );
}

/** How many rows DynamoDB writes at most. */
export function rowsOfChange(from: Image, to: Image): number {
  if (from.status !== 'ready' || to.status !== 'ready') return 0;
  const isMoved = capturePositionOf(from) !== capturePositionOf(to);
  const kept = from.tags.filter((tag) => to.tags.includes(tag)).length;
  const tags = ROWS_OF_TAG * (from.tags.length + to.tags.length - 2 * kept);
  const [before, after] = [filterRowsOf(from), filterRowsOf(to)];
  const unchanged = after.filter((row) => before.some(({ name, value }) => row.name === name && row.value === value));
  const filters = before.length + after.length - 2 * unchanged.length;
  const ids = from.externalId === to.externalId ? 0 : OF_EXTERNAL_ID;
  const places = isMoved ? kept + 1 + to.albums.length + OF_MONTHS : 0;
  return ALWAYS + tags + filters + ids + places;
}

/** Ids are UUIDv7 in lower case: they sort by time, and begin with it (RFC 9562 5.7). */

/** Less and greater than every id. */
export const BEFORE_ALL_IDS = '';
export const AFTER_ALL_IDS = 'g';

/** Milliseconds. */
export const timeOf = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);

/** Less than every id of that millisecond and later. */
export function firstIdAt(time: number): string {
  const hex = Math.max(0, Math.floor(time)).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}

/** The smallest text greater than an id. */
export const justAfter = (id: string): string => `${id}0`;

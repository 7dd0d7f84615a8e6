/** By upload, or by capture: when the picture's own clock says that it was taken. */
export type Order = 'upload' | 'capture';

/**
 * Where a picture stands in a list. Texts sort as the pictures do: by upload it is the id, a UUIDv7 in lower case that
 * begins with its time (RFC 9562 5.7), and by capture the clock and the id, `2024-07-14T18:22:31.120#01976f6e-…`.
 */
export type Position = string;

/** Less and greater than every position. */
export const BEFORE_ALL: Position = '';
export const AFTER_ALL: Position = 'g';

const CLOCK_LENGTH = '2024-07-14T18:22:31.120'.length;
const FIRST_MS = Date.parse('0001-01-01T00:00:00.000Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/** Whether it is of a list by capture. */
export const hasClock = (position: Position): boolean => position[10] === 'T';

/** Milliseconds. A clock counts as if it showed UTC. */
export const timeOf = (position: Position): number =>
  hasClock(position)
    ? Date.parse(`${position.slice(0, CLOCK_LENGTH)}Z`)
    : Number.parseInt(position.slice(0, 8) + position.slice(9, 13), 16);

/** A time as a clock shows it that shows UTC, from the year 1 to 9999. */
export const clockAt = (time: number): string =>
  new Date(Math.min(LAST_MS, Math.max(FIRST_MS, time))).toISOString().slice(0, -1);

interface Dated {
  readonly image_id: string;
  readonly facts?: { readonly taken_at: string | null } | null;
}

/** As the service has it: a picture that says no date was taken when it was uploaded, in UTC. */
export const positionOf = ({ image_id: id, facts }: Dated, order: Order): Position =>
  order === 'capture' ? `${facts?.taken_at ?? clockAt(timeOf(id))}#${id}` : id;

/** Less than every position of that millisecond and later. */
export function firstAt(time: number, order: Order): Position {
  const whole = Math.floor(time);
  if (order === 'capture') return clockAt(whole);
  const hex = Math.max(0, whole).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}

/** Whether it is the bound of a millisecond, and no picture's position. */
export const isFirstAt = (position: Position): boolean => position.length === CLOCK_LENGTH;

/** The smallest text greater than a position. */
export const justAfter = (position: Position): Position => `${position}0`;

/** Less than the position, and not less than any smaller one: positions end in lower-case hex. */
export function justBefore(position: Position): Position {
  const last = position.at(-1) ?? '';
  return `${position.slice(0, -1)}${String.fromCharCode(last.charCodeAt(0) - 1)}g`;
}

/** A record that counts its changes. */
export interface Revised {
  readonly revision?: number;
}

/**
 * Whether the record is as an update with these changes leaves it, and nobody has changed it since.
 * `revision`: before the update.
 */
export const isResultOf = (record: Revised, changes: object, revision: number): boolean =>
  record.revision === revision + 1 &&
  Object.entries(changes).every(
    ([name, value]) =>
      value === undefined ||
      isSame(
        name === 'taken_at' && value ? value + FIRST_MOMENT.slice(value.length) : value,
        (record as Readonly<Record<string, unknown>>)[name],
        name === 'position' || name === 'focal_point' ? ROUNDED : 0,
      ),
  );

/** By value, as the service answers what was sent: a cleared list or object is empty. */
function isSame(sent: unknown, answered: unknown, by: number): boolean {
  if (sent === null || answered === null) return isEmpty(sent) && isEmpty(answered);
  if (typeof sent === 'number') return Math.abs(sent - Number(answered)) <= by;
  if (typeof sent !== 'object' || typeof answered !== 'object') return sent === answered;
  const [a, b] = [sent, answered] as Readonly<Record<string, unknown>>[];
  return Object.keys({ ...a, ...b }).every((name) => isSame(a?.[name], b?.[name], by));
}

/** The service rounds focal points to 4 decimals and positions to 7. */
const ROUNDED = 5e-5;
/** `2019-05-04` is answered as `2019-05-04T00:00:00.000`. */
const FIRST_MOMENT = '0000-01-01T00:00:00.000';

const isEmpty = (value: unknown): boolean =>
  value === null || (typeof value === 'object' && !Object.keys(value).length);

/**
 * Where a member stands in the order of addition, or by hand: digits that sort as text (fractional indexing). A place
 * of addition is a time, a number within the batch and digits of the image's id, so two images rarely have the same
 * one.
 */
export type AlbumPlace = string;

const TIME_DIGITS = 12;
const BATCH_DIGITS = 3;
const KEY_DIGITS = TIME_DIGITS + BATCH_DIGITS;
/** From the random part of an id. */
const ID_DIGITS = 6;
/** A hundred moves to just behind the same member need 25 digits. */
export const MAX_PLACE_DIGITS = 200;
const PLACE = new RegExp(`^[0-9a-f]{${KEY_DIGITS},${MAX_PLACE_DIGITS}}$`);

/** undefined: the text is no place. Zeros at the end would be the same place in other digits. */
export const parseAlbumPlace = (text: string): AlbumPlace | undefined =>
  PLACE.test(text) && withoutZeros(text) === text ? text : undefined;

/**
 * Whether a client may say that an image stood there: a place of the future would be behind all that is added later.
 */
export const isPastPlace = (place: AlbumPlace, now: Date): boolean => {
  const atMs = Number.parseInt(place.slice(0, TIME_DIGITS), 16);
  return atMs <= now.getTime() + CLOCKS_DIFFER_MS && HAS_DIGIT.test(place);
};

/** Before a place of zeros there is none. The only image of an album has 1 in the last digit once it was moved. */
const HAS_DIGIT = /[1-9a-f]/;

const CLOCKS_DIFFER_MS = 60_000;

/** That of the image that is `index` in its batch, from 0: later ones stand behind it. */
export const placeOfAddition = (at: Date, index: number, id: string): AlbumPlace =>
  withoutZeros(
    at.getTime().toString(16).padStart(TIME_DIGITS, '0') +
      index.toString(16).padStart(BATCH_DIGITS, '0') +
      id.replaceAll('-', '').slice(-ID_DIGITS).toLowerCase(),
  );

/**
 * `count` places in order, between two others; undefined: before all, or behind all. If `high` isn't behind `low`, as
 * when somebody else moves it, only `low` counts. Undefined if there is none with `MAX_PLACE_DIGITS`.
 */
export function placesBetween(
  low: AlbumPlace | undefined,
  high: AlbumPlace | undefined,
  count: number,
): readonly AlbumPlace[] | undefined {
  const end = low !== undefined && high !== undefined && high <= low ? undefined : high;
  const longest = Math.max(low?.length ?? KEY_DIGITS, end?.length ?? KEY_DIGITS);
  for (let digits = longest; digits <= MAX_PLACE_DIGITS; digits += 1) {
    const from = low === undefined ? lowest(end, digits, count) : numberOf(low, digits);
    const to = end === undefined ? from + stepsOf(count) * unitOf(digits) : numberOf(end, digits);
    const step = (to - from) / stepsOf(count);
    if (from < 0n || step < 1n || to >= 16n ** BigInt(digits)) continue;
    return Array.from({ length: count }, (_, index) => textOf(from + step * BigInt(index + 1), digits));
  }
  return undefined;
}

/** From where `count` whole units fit before `high`. */
const lowest = (high: AlbumPlace | undefined, digits: number, count: number): bigint => {
  const from = (high === undefined ? 0n : numberOf(high, digits)) - stepsOf(count) * unitOf(digits);
  return from < 0n ? 0n : from;
};

const stepsOf = (count: number): bigint => BigInt(count + 1);
const unitOf = (digits: number): bigint => 16n ** BigInt(digits - KEY_DIGITS);
const numberOf = (place: AlbumPlace, digits: number): bigint => BigInt(`0x${place.padEnd(digits, '0')}`);

/** Zeros at the end say nothing. */
const withoutZeros = (text: string): AlbumPlace =>
  text.slice(0, KEY_DIGITS) + text.slice(KEY_DIGITS).replace(/0+$/, '');

const textOf = (number: bigint, digits: number): AlbumPlace => withoutZeros(number.toString(16).padStart(digits, '0'));

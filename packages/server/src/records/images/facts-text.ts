import { type Details, type Exposure, type Facts, NO_EXPOSURE } from '../../domain/facts/facts.ts';
import { parseOffset } from '../../domain/facts/offset.ts';
import { type Position, parsePosition } from '../../domain/facts/position.ts';
import { TAKEN_SOURCES, type Taken } from '../../domain/facts/taken.ts';
import { parseWallClock, type WallClock } from '../../domain/facts/wall-clock.ts';
import { isArrayOf, isObject, isText, parsedOrNull } from './stored-values.ts';

/**
 * The texts of facts and of details. A member that says nothing is left out. Each member is read by itself: one in a
 * form that this version doesn't know says nothing, and stays in the text with members of unknown names, so that a
 * process of this version loses nothing that a later one has written.
 */

/**
 * null: it isn't the text of any facts. Lists write facts into two indexes, so their members are called by a letter:
 * `{"v":1,"t":["2024-07-14T18:22:31.120","+02:00","exif-original"],"c":"Apple iPhone 15 Pro"}`.
 */
export function storedFacts(text: string): Facts | null {
  const members = membersOf(text);
  if (!members) return null;
  const { take } = members;
  const takenByHand = take('h', orNull(clockIn));
  return {
    reader: take('v', countIn) ?? 0,
    taken: take('t', takenIn) ?? null,
    camera: take('c', textIn) ?? null,
    lens: take('l', textIn) ?? null,
    exposure: take('x', exposureIn) ?? NO_EXPOSURE,
    isAiGenerated: take('a', oneIn) ?? false,
    hasC2pa: take('p', oneIn) ?? false,
    ...(takenByHand !== undefined && { takenByHand }),
    ...members.left(),
  };
}

/** The text that `storedFacts` reads. */
export function factsText({ unknown, reader, taken, camera, lens, exposure, ...facts }: Facts): string {
  const numbers = [exposure.seconds, exposure.fNumber, exposure.iso, exposure.focalLength];
  return JSON.stringify({
    ...unknown,
    ...(reader > 0 && { v: reader }),
    ...(taken && { t: [taken.at, taken.offset, taken.source] }),
    ...(camera !== null && { c: camera }),
    ...(lens !== null && { l: lens }),
    ...(numbers.some((one) => one !== null) && { x: numbers }),
    ...(facts.isAiGenerated && { a: 1 }),
    ...(facts.hasC2pa && { p: 1 }),
    ...(facts.takenByHand !== undefined && { h: facts.takenByHand }),
  });
}

/** null: it isn't the text of any details. */
export function storedDetails(text: string): Details | null {
  const members = membersOf(text);
  if (!members) return null;
  const { take } = members;
  const positionByHand = take('positionByHand', orNull(positionIn));
  return {
    position: take('position', positionIn) ?? null,
    title: take('title', textIn) ?? null,
    description: take('description', textIn) ?? null,
    keywords: take('keywords', textsIn) ?? [],
    creator: take('creator', textIn) ?? null,
    copyright: take('copyright', textIn) ?? null,
    ...(positionByHand !== undefined && { positionByHand }),
    ...members.left(),
  };
}

/** The text that `storedDetails` reads. */
export const detailsText = ({ unknown, keywords, positionByHand, ...details }: Details): string =>
  JSON.stringify({
    ...unknown,
    ...Object.fromEntries(Object.entries(details).filter(([, value]) => value !== null)),
    ...(keywords.length > 0 && { keywords }),
    ...(positionByHand !== undefined && { positionByHand }),
  });

/** undefined: the value has another form. */
type Read<Value> = (value: unknown) => Value | undefined;

/** Takes the members of an object one by one; undefined: it is none. */
function membersOf(text: string) {
  const stored = parsedOrNull(text);
  if (!isObject(stored)) return undefined;
  const unknown = { ...stored };
  return {
    take<Value>(name: string, read: Read<Value>): Value | undefined {
      const value = Object.hasOwn(unknown, name) ? read(unknown[name]) : undefined;
      if (value !== undefined) delete unknown[name];
      return value;
    },
    /** Those that weren't taken. */
    left: () => (Object.keys(unknown).length > 0 ? { unknown } : {}),
  };
}

const orNull =
  <Value>(read: Read<Value>): Read<Value | null> =>
  (value) =>
    value === null ? null : read(value);

const textIn: Read<string> = (value) => (isText(value) ? value : undefined);

const textsIn: Read<readonly string[]> = (value) => (isArrayOf(value, isText) ? value : undefined);

const countIn: Read<number> = (value) =>
  Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : undefined;

const oneIn: Read<true> = (value) => (value === 1 ? true : undefined);

const clockIn: Read<WallClock> = (value) => (isText(value) ? parseWallClock(value) : undefined);

function takenIn(value: unknown): Taken | undefined {
  if (!Array.isArray(value) || value.length !== 3) return undefined;
  const at = clockIn(value[0]);
  const offset = value[1] === null ? null : parseOffset(String(value[1]));
  const source = TAKEN_SOURCES.find((one) => one === value[2]);
  return at && source && offset !== undefined ? { at, offset, source } : undefined;
}

function exposureIn(value: unknown): Exposure | undefined {
  if (!isArrayOf(value, isPositiveOrNull) || value.length !== 4) return undefined;
  const [seconds = null, fNumber = null, iso = null, focalLength = null] = value;
  return { seconds, fNumber, iso, focalLength };
}

const isPositiveOrNull = (value: unknown): value is number | null =>
  value === null || (typeof value === 'number' && value > 0);

function positionIn(value: unknown): Position | undefined {
  if (!isObject(value)) return undefined;
  const { latitude, longitude } = value;
  if (typeof latitude !== 'number' || typeof longitude !== 'number') return undefined;
  return parsePosition({ latitude, longitude }) ?? undefined;
}

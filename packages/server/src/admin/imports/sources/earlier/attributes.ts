import * as z from 'zod';
import type { Item } from '../../../../records/dynamodb/item.ts';
import { preview, truncated } from '../../../../text/preview.ts';

type Value = Item[string];

/** A record isn't as its service wrote it. The message names the attribute, and starts with "expected". */
export class UnexpectedAttribute extends Error {}

export const text = (record: Item, name: string): string =>
  optionalText(record, name) ?? unexpected('a text', name, record[name]);

/** null: the attribute is absent, or NULL. */
export const optionalText = (record: Item, name: string): string | null => {
  const value = record[name];
  return isAbsent(value) ? null : (value?.S ?? unexpected('a text', name, value));
};

/** Absent and NULL are none. */
export const texts = (record: Item, name: string): readonly string[] => {
  const value = record[name];
  if (isAbsent(value)) return [];
  const all = value?.L ?? unexpected('a list of texts', name, value);
  return all.map((one, index) => one.S ?? unexpected('a text', `${name}[${index}]`, one));
};

export const sizeBytes = (record: Item, name: string): number => {
  const value = record[name];
  const size = value?.N === undefined ? Number.NaN : Number(value.N);
  return Number.isSafeInteger(size) && size >= 0 ? size : unexpected('a number of bytes', name, value);
};

/** The longest usual instant has 35 characters, with nanoseconds and an offset. */
const MAX_TIME_LENGTH = 64;
const ISO = z.iso.datetime({ offset: true, local: true });
const OFFSET = /(?:Z|[+-]\d{2}:\d{2})$/;

/** The services wrote UTC, without saying so. */
export function isoTime(record: Item, name: string): Date {
  const value = record[name]?.S ?? '';
  if (value.length > MAX_TIME_LENGTH || !ISO.safeParse(value).success)
    return unexpected('an ISO 8601 time, as 2024-03-01T10:20:30.123456,', name, record[name]);
  return new Date(OFFSET.test(value) ? value : `${value}Z`);
}

/** Seconds since 1970, also with a fraction. */
export function epochTime(record: Item, name: string): Date {
  const seconds = record[name]?.N;
  const at = new Date(seconds === undefined ? Number.NaN : Math.round(Number(seconds) * 1_000));
  return Number.isNaN(at.getTime()) ? unexpected('a number of seconds since 1970', name, record[name]) : at;
}

const isAbsent = (value: Value | undefined): boolean => value === undefined || value.NULL === true;

function unexpected(kind: string, name: string, value: Value | undefined): never {
  throw new UnexpectedAttribute(`expected ${kind} in ${name}; got ${shownValue(value)}`);
}

const KINDS: readonly (readonly [keyof Value, string])[] = [
  ['L', 'a list'],
  ['M', 'a map'],
  ['SS', 'a set of texts'],
  ['NS', 'a set of numbers'],
  ['BS', 'a set of binaries'],
  ['B', 'a binary'],
];

/** Enough to recognize the value. */
function shownValue(value: Value | undefined): string {
  if (value === undefined || isAbsent(value)) return 'nothing';
  if (value.N !== undefined) return `the number ${truncated(value.N)}`;
  const simple = value.S ?? value.BOOL;
  if (simple !== undefined) return preview(simple);
  return KINDS.find(([key]) => value[key] !== undefined)?.[1] ?? 'a value of an unknown type';
}

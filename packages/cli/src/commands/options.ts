import { requireUserId } from '@safelight/client';
import { InvalidArgumentError, Option } from 'commander';

/** Parsers and options that several commands have. */

/** Requests at once: more than a service verifies at once gain nothing. */
const MOST_AT_ONCE = 32;

export const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  value,
];

/** `a,b` and repeated options. */
export const collectList = (value: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  ...value
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== ''),
];

export const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
  };

export function userName(text: string): string {
  try {
    requireUserId(text, 'it');
    return text;
  } catch {
    throw new InvalidArgumentError('Expected the name of a user, without outer spaces.');
  }
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };

/** `90s`, `2h`, `7d`: seconds. */
export function seconds(text: string): number {
  const [, count, unit = 's'] = /^(\d{1,9})([smhdw])?$/.exec(text) ?? [];
  if (count === undefined) throw new InvalidArgumentError('Expected a duration such as 90s, 30m, 12h, 7d or 4w.');
  return Number(count) * (UNITS[unit] ?? 1);
}

/** A day, or a time of a day. The service judges the rest. */
export function dayOrTime(text: string): string {
  if (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw new InvalidArgumentError('Expected a day or a time, such as 2026-01-31 or 2026-01-31T12:00:00Z.');
}

/** A year, month, day or time as the clock of a picture showed it. The service judges the rest. */
export function clock(text: string): string {
  if (/^\d{4}(?:-\d\d){0,2}(?:T[\d:.]+)?$/.test(text)) return text;
  throw new InvalidArgumentError(
    'Expected a year, a month, a day, or a time without a zone, such as 2024-07 or 2024-07-14T18:22.',
  );
}

/** What fits into the service's limits, the service judges. */
export function jsonObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (Object(value) === value && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>;
  } catch {
    // told below
  }
  throw new InvalidArgumentError('Expected a JSON object, such as \'{"order": "A17"}\'.');
}

/** Repeated `name=value`. Which names there are, the service knows. */
export function namedValue(text: string, before: NamedValues | undefined): NamedValues {
  const [, name, value] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError('Expected a name and a value, such as order=A17.');
  return { ...before, [name]: value };
}

export type NamedValues = Readonly<Record<string, string>>;

export const concurrencyOption = () =>
  new Option('-c, --concurrency <n>', 'how many files at once').argParser(wholeNumber(1, MOST_AT_ONCE)).default(4);

export const includeOption = () =>
  new Option('--include <glob>', "in folders, only these files, such as '*.jpg' (repeatable)")
    .argParser(collect)
    .default([], 'all');

export const excludeOption = () =>
  new Option('--exclude <glob>', 'in folders, not these files and folders (repeatable)')
    .argParser(collect)
    .default([], 'none');

export const tagOption = (about: string) =>
  new Option('-t, --tag <tags>', `${about} (a,b or repeated)`).argParser(collectList);

import type { Edit } from './steps.ts';

/** What is done to the dates of pictures. Amounts and the date as they were typed. */
export interface DateChoice {
  readonly way: 'later' | 'earlier' | 'set';
  /** Days, hours and minutes; an empty one is 0. */
  readonly amounts: readonly string[];
  /** `2024-07-14T18:22`, with or without seconds. */
  readonly date: string;
}

/** Seconds of days, hours and minutes. */
const UNITS = [86_400, 3_600, 60];
/** A century, as the service allows. */
const MOST_SECONDS = 3_155_760_000;

/** The change, or in words what is missing. */
export function dateEdit({ way, amounts, date }: DateChoice): Edit | string {
  if (way === 'set') {
    return /^\d{4}-\d\d-\d\dT/.test(date) ? { taken_at: date } : 'Choose a date and a time.';
  }
  if (!amounts.every((amount) => /^\d*$/.test(amount.trim()))) return 'Say by how much, in whole numbers.';
  const seconds = UNITS.reduce((sum, unit, index) => sum + unit * Number(amounts[index]), 0);
  if (seconds === 0) return 'Say by how much.';
  if (seconds > MOST_SECONDS) return 'A date moves by a century at most.';
  return { shift_taken_seconds: way === 'later' ? seconds : -seconds };
}

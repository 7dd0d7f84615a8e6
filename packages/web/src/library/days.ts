/** A local day, as a number that tells days apart. */
export function dayOf(time: number): number {
  const date = new Date(time);
  return (date.getFullYear() * 12 + date.getMonth()) * 31 + date.getDate();
}

const FULL = new Intl.DateTimeFormat('en', { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
const SHORT = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const DAY_MS = 86_400_000;

/** Today, Yesterday, "Thursday, 19 November", and the year for other years than now's. */
export function dayName(time: number, now: number): string {
  const noon = new Date(now).setHours(12, 0, 0, 0); // a day before noon is yesterday, also where clocks change
  if (dayOf(time) === dayOf(now)) return 'Today';
  if (dayOf(time) === dayOf(noon - DAY_MS)) return 'Yesterday';
  const { weekday, day, month, year } = partsOf(time);
  const isThisYear = new Date(time).getFullYear() === new Date(now).getFullYear();
  return `${weekday}, ${day} ${month}${isThisYear ? '' : ` ${year}`}`;
}

/** "19 Nov 2026". */
export const shortDate = (time: number): string => SHORT.format(time);

/** "19 November 2026". */
export function dateName(time: number): string {
  const { day, month, year } = partsOf(time);
  return `${day} ${month} ${year}`;
}

const partsOf = (time: number): Partial<Record<Intl.DateTimeFormatPartTypes, string>> =>
  Object.fromEntries(FULL.formatToParts(time).map(({ type, value }) => [type, value]));

const DAY_MS = 86_400_000;

/** Years of four digits. */
const FIRST_YEAR = 1_000;
const LAST_YEAR = 9_999;

/** `-01-` to `-12-`, `01` to `31`, `T00:00:` to `T23:59:`, `00.` to `59.`, `000Z` to `999Z`. */
const MONTHS = parts(12, (month) => Date.UTC(0, month), 4, 8);
const DAYS = parts(31, (day) => Date.UTC(0, 0, day + 1), 8, 10);
const MINUTES = parts(1_440, (minute) => minute * 60_000, 10, 17);
const SECONDS = parts(60, (second) => second * 1_000, 17, 20);
const THOUSANDTHS = parts(1_000, (ms) => ms, 20, 24);

function parts(count: number, timeOf: (index: number) => number, start: number, end: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => new Date(timeOf(index)).toISOString().slice(start, end));
}

/** `toISOString` in a third of its time: a page of 1,000 images has 3,000 times. */
export function isoTime(time: Date): string {
  const year = time.getUTCFullYear();
  if (!(year >= FIRST_YEAR && year <= LAST_YEAR)) return time.toISOString();
  const ms = time.getTime();
  const ofDay = ms - Math.floor(ms / DAY_MS) * DAY_MS;
  const seconds = Math.floor(ofDay / 1_000);
  const minutes = Math.floor(seconds / 60);
  const date = `${year}${MONTHS[time.getUTCMonth()]}${DAYS[time.getUTCDate() - 1]}`;
  return `${date}${MINUTES[minutes]}${SECONDS[seconds - minutes * 60]}${THOUSANDTHS[ofDay - seconds * 1_000]}`;
}

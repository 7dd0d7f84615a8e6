import { filesOf, TIERS, type Tier } from './test-tiers.ts';

interface Ran {
  readonly files: number;
  readonly tests: number;
  /** The reason of each skipped test. */
  readonly skipped: readonly string[];
  /** As in the variable TEST_TIERS; undefined: the files were named. */
  readonly tiers: string | undefined;
}

const COMMANDS: Readonly<Record<Tier, string>> = {
  change: 'npm test',
  ci: 'npm test -- --tier ci',
  long: 'npm run test:long',
};

/**
 * Lines for the end of a report: what was skipped and why, and, as the last, what ran, what didn't and how to run it.
 */
export function conclusion({ files, tests, skipped, tiers }: Ran): string {
  const reasons = [...Map.groupBy(skipped, (reason) => reason)]
    .map(([reason, { length }]) => ({ reason, count: length }))
    .toSorted((one, other) => other.count - one.count)
    .map(({ reason, count }) => `${String(count).padStart(7)}  ${reason}\n`);
  const ran = `Ran ${count(tests, 'test')} in ${count(files, 'file')}`;
  return [
    ...(reasons.length > 0 ? ['\nTests and groups of tests that were skipped, and why:\n', ...reasons] : []),
    tiers === undefined ? `\n${ran}.\n` : `\n${ran}: ${tiers.split(',').join(' and ')}. ${notRun(tiers.split(','))}\n`,
  ].join('');
}

function notRun(ran: readonly string[]): string {
  const others = TIERS.filter((tier) => !ran.includes(tier));
  const parts = others.map((tier) => `${tier} (${count(filesOf([tier]).length, 'file')}: ${COMMANDS[tier]})`);
  return parts.length === 0 ? 'Nothing is left out.' : `Not run: ${parts.join(', ')}.`;
}

const count = (number: number, noun: string): string =>
  `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;

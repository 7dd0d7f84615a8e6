import { isInRun } from '../../../../scripts/test-tiers.ts';
import type { CallName, Fault } from './injection.ts';

/** A fault in a scenario. */
export interface MatrixCase<Kind extends string> {
  readonly scenario: string;
  readonly fault: Fault<Kind>;
}

/**
 * The cases of a fault matrix that run: all in the long tier and by hand. CI runs a part in which each call of each
 * scenario fails at least once, each kind of call in each way, and each way for each duration.
 */
export function casesInRun<Kind extends string, Case extends MatrixCase<Kind>>(
  cases: readonly Case[],
): readonly Case[] {
  return isInRun('long') ? cases : cover(cases, featuresOf);
}

const featuresOf = <Kind extends string>({
  scenario,
  fault: { kind, name, nth, lasts },
}: MatrixCase<Kind>): string[] => [`${kind} at ${name}`, `${kind}, ${lasts}`, `${name} ${nth} of ${scenario}`];

/** Few cases that together have every feature of all: each time the first of those that add the most. */
export function cover<Case>(cases: readonly Case[], featuresOf: (one: Case) => readonly string[]): readonly Case[] {
  const left = new Set(cases.flatMap(featuresOf));
  const chosen = new Set<Case>();
  const gainOf = (one: Case): number => featuresOf(one).filter((feature) => left.has(feature)).length;
  while (left.size > 0) {
    const best = cases.reduce((most, one) => (gainOf(one) > gainOf(most) ? one : most));
    chosen.add(best);
    for (const feature of featuresOf(best)) left.delete(feature);
  }
  return cases.filter((one) => chosen.has(one));
}

/** Where a scenario calls the store: the name of each call, and its number among those of that name. */
export const sitesOf = <Call extends { readonly name: CallName }>(
  calls: readonly Call[],
): { call: Call; nth: number }[] =>
  calls.map((call, index) => ({
    call,
    nth: calls.slice(0, index + 1).filter(({ name }) => name === call.name).length,
  }));

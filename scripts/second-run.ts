// Which failed test files CI runs a second time: decision 80.
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { REPEATED } from './test-tiers.ts';

/** More files than these fail because of the change, not by an accident of a busy machine. */
export const MOST_SECOND_RUNS = 6;

/**
 * Kills, races, fuzzers, properties and fault matrices: they look for what happens rarely, so one failure is a finding.
 */
const BY_CHANCE = /kill|race|fuzz|fault|hostile|soak/;
const REPEAT_COUNTS = /\bfrom '[./]+\/repeats\.ts'/;

export function goesByChance(file: string): boolean {
  if (BY_CHANCE.test(basename(file)) || REPEATED.some((path) => file.startsWith(path))) return true;
  return REPEAT_COUNTS.test(readFileSync(join(import.meta.dirname, '..', file), 'utf8'));
}

/**
 * The failed files, each once, if each of them may run again; else none: the verdict of the first run stands.
 * @param failed paths below the repository, as often as their tests failed; empty: a failure of no file
 */
export function filesForSecondRun(failed: readonly string[]): readonly string[] {
  const files = [...new Set(failed)];
  if (files.includes('')) return [];
  return files.length <= MOST_SECOND_RUNS && !files.some(goesByChance) ? files : [];
}

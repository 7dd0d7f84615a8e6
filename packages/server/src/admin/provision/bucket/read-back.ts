import { answerWithin } from '../answer-within.ts';
import type { Outcome } from '../make-right.ts';

/** The outcomes of a run that changed something, corrected by the settings that the store returns afterwards. */
export interface ReadBack {
  readonly outcomes: readonly Outcome[];
  /** By aspect: accepted settings that the store doesn't return. */
  readonly unkept: ReadonlyMap<string, readonly string[]>;
}

/**
 * Compares the changes with the result of `check`; a store may show them late. A remaining difference isn't a change,
 * but a setting that this store drops.
 */
export async function readBack(
  outcomes: readonly Outcome[],
  check: () => Promise<readonly Outcome[]>,
  waitMs: number,
): Promise<ReadBack> {
  const unkept = new Map<string, readonly string[]>();
  if (!outcomes.some(isChanged)) return { outcomes, unkept };
  await answerWithin(waitMs, async () => {
    unkept.clear();
    for (const one of (await check()).filter(isChanged)) unkept.set(one.aspect, one.difference);
    return unkept.size === 0 || undefined;
  });
  return { outcomes: outcomes.map((one) => corrected(one, unkept.get(one.aspect) ?? [])), unkept };
}

type Changed = Extract<Outcome, { readonly kind: 'compared' }>;

const isChanged = (outcome: Outcome): outcome is Changed =>
  outcome.kind === 'compared' && outcome.difference.length > 0;

const corrected = (outcome: Outcome, unkept: readonly string[]): Outcome =>
  outcome.kind === 'compared'
    ? {
        ...outcome,
        difference: outcome.difference.filter((line) => !unkept.includes(line)),
        except: [...outcome.except, ...unkept.map((line) => `${line}: the store took this and does not show it`)],
      }
    : outcome;

import { answerWithin } from '../answer-within.ts';
import type { Outcome } from '../make-right.ts';

/** Outcomes of a run that changed something, corrected by what the store shows afterwards. */
export interface ReadBack {
  readonly outcomes: readonly Outcome[];
  /** By aspect: lines of what the store took and does not show. */
  readonly unkept: ReadonlyMap<string, readonly string[]>;
}

/**
 * Compares what was changed with what `check` finds now; a store may show it late. A line that is still a difference is no
 * change, but one that this store doesn't do.
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

import { explain } from '@safelight/client';
import { numberText } from '../ui/formats.ts';
import type { Done, Failure } from './in-batches.ts';
import { picturesText } from './words.ts';

/** How a work is told. */
export interface WorkWords {
  /** "Tagging". */
  readonly doing: string;
  /** "Tagged", before the number of pictures. */
  readonly done: string;
  /** After the number, such as " private". */
  readonly as?: string;
  /** Where no picture has changed: "They have this tag already." */
  readonly unchanged?: string;
}

/** What a success tells beside its status and revision, so that something has changed. */
const TELLING = ['added_tags', 'removed_tags', 'former_visibility', 'former_taken_at'] as const;

export const isChanged = ({ result }: Done): boolean =>
  result.status === 'added' || result.status === 'removed' || TELLING.some((name) => result[name] !== undefined);

export function successText(
  { done: verb, as = '', unchanged }: WorkWords,
  { done, left }: { readonly done: readonly Done[]; readonly left: number },
): string {
  const changed = unchanged === undefined ? done : done.filter(isChanged);
  const links = done.reduce((sum, { result }) => sum + (result.ended_links ?? 0), 0);
  const ended = links === 0 ? '' : `. ${links === 1 ? '1 link has' : `${numberText(links)} links have`} ended`;
  const stopped = left === 0 ? '' : `. Stopped before ${picturesText(left)}`;
  if (changed.length === 0 && unchanged !== undefined && left === 0) return unchanged;
  return `${verb} ${picturesText(changed.length)}${as}${ended}${stopped}`;
}

export const failureText = (failed: number, total: number): string =>
  `${numberText(failed)} of ${picturesText(total)} failed.`;

/** Each reason once, the most frequent first, with its number if there are others. */
export function reasonsOf(failed: readonly Failure[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const failure of failed) {
    const reason = reasonOf(failure);
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  const reasons = [...counts].toSorted(([, one], [, other]) => other - one);
  return reasons.map(([reason, count]) => (reasons.length === 1 ? reason : `${numberText(count)}: ${reason}`));
}

function reasonOf({ step, error }: Failure): string {
  const { code } = error;
  if (step.kind !== 'change' || code !== 'invalid-request') return explain(error);
  if (step.edit.add_tags) return 'A picture has at most 20 tags.';
  return "A picture without a date can't be moved, and none beyond the years 1 to 9999.";
}

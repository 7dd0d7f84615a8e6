import { numberText } from '../../ui/formats.ts';
import { count } from '../../uploads/words.ts';
import type { Contribution } from './contribution.ts';
import type { ContributionsState } from './contributions.ts';

/** `approves`: the owner decides about each picture. */
export function stateWords({ state }: Contribution, approves: boolean): string {
  switch (state.kind) {
    case 'waiting':
      return 'Waiting';
    case 'sending':
      return state.progress === undefined ? 'Sending' : `Sending ${Math.floor(state.progress * 100)} %`;
    case 'checking':
      return 'Being checked';
    case 'ready':
      return 'Added';
    case 'held':
      return approves ? 'Waits for the owner' : 'Sent. It is checked before it appears';
    case 'failed':
      return state.words;
    case 'needs-file':
      return 'Choose this file again';
  }
}

/** "58 added · 2 wait for the owner · 1 not added". */
export function headline(counts: ContributionsState, approves: boolean): string {
  const { isBusy, ready, held, failed, done, total } = counts;
  if (isBusy) return `${numberText(done)} of ${numberText(total)} sent`;
  const waits = approves
    ? `${numberText(held)} ${held === 1 ? 'waits' : 'wait'} for the owner`
    : `${numberText(held)} being checked`;
  const parts = [
    ready > 0 && `${numberText(ready)} added`,
    held > 0 && waits,
    failed > 0 && `${numberText(failed)} not added`,
  ];
  return parts.filter((part) => part !== false).join(' · ');
}

/** What a screen reader was told of. */
export type Heard = Pick<ContributionsState, 'isBusy' | 'ready' | 'held' | 'failed'> & { readonly quarter: number };

/** What to say next: the beginning, each quarter, and the end with its results. */
export function announcementAfter(heard: Heard, state: ContributionsState): { heard: Heard; text?: string } {
  const { isBusy, ready, held, failed, done, total } = state;
  const quarter = isBusy ? Math.floor((4 * done) / Math.max(total, 1)) : 0;
  const now: Heard = { isBusy, ready, held, failed, quarter };
  if (isBusy && !heard.isBusy)
    return { heard: { ...heard, isBusy, quarter }, text: `Sending ${count(total - done, 'picture')}.` };
  if (isBusy)
    return quarter > heard.quarter
      ? { heard: { ...heard, quarter }, text: `${quarter * 25} % sent.` }
      : { heard: { ...heard, quarter: Math.min(quarter, heard.quarter) } };
  const [added, waiting, missing] = [ready - heard.ready, held - heard.held, failed - heard.failed];
  const parts = [
    added > 0 && `${count(added, 'picture')} added.`,
    waiting > 0 && `${count(waiting, 'picture is', 'pictures are')} sent, and not yet decided.`,
    missing > 0 && `${count(missing, "picture wasn't", "pictures weren't")} added.`,
  ];
  return { heard: now, text: parts.filter((part) => part !== false).join(' ') };
}

import type { TraySummary } from './tray-summary.ts';
import { count } from './words.ts';

/** What a screen reader was told of. */
export interface Heard {
  readonly isBusy: boolean;
  readonly quarter: number;
  readonly done: number;
  readonly failed: number;
  readonly pause: string | undefined;
}

export const NOTHING_HEARD: Heard = { isBusy: false, quarter: 0, done: 0, failed: 0, pause: undefined };

/** What to say next: the start, each quarter, a pause, failures and the end; not each percent. */
export function announcementAfter(
  heard: Heard,
  summary: TraySummary,
): { readonly heard: Heard; readonly text?: string } {
  const { isBusy, failed, there, pause, done, total } = summary;
  const quarter = Math.floor((4 * (done + failed)) / Math.max(total, 1));
  const now: Heard = { isBusy, quarter, done, failed, pause };
  const failures = failed > heard.failed ? `${count(failed, "file wasn't", "files weren't")} uploaded.` : '';
  if (!isBusy) {
    // A small picture may arrive before the page shows that it is under way.
    if (!heard.isBusy && !failures && done <= heard.done) return { heard: now };
    const uploaded = done > 0 ? `${count(done, 'picture')} uploaded.` : '';
    const known = there > 0 ? `${count(there, 'file is', 'files are')} already here.` : '';
    const missing = failed > 0 ? `${count(failed, "file wasn't", "files weren't")} uploaded.` : '';
    return { heard: now, text: [uploaded, known, missing].filter(Boolean).join(' ') };
  }
  const pauses = pause !== undefined && pause !== heard.pause ? pause : '';
  const say = (first: string) => ({ heard: now, text: [first, failures, pauses].filter(Boolean).join(' ') });
  if (!heard.isBusy) return say(`Uploading ${count(total - done - failed, 'picture')}.`);
  if (pauses) return say('');
  if (quarter > heard.quarter) return say(`${quarter * 25} % uploaded.`);
  // Files that are added meanwhile make the share smaller: it isn't said again.
  return { heard: { ...heard, pause } };
}

import { explainPause, explainWait, type Wait } from '@safelight/client';
import type { Output } from './output.ts';
import type { ProgressLine } from './progress-line.ts';

export interface WaitingOptions {
  readonly output: Output;
  readonly progress: ProgressLine;
  readonly isUpload: boolean;
}

/** Requests that run at once are told to wait at once: one line says it. */
const TOGETHER_MS = 1_000;

/** Tells the person that the service has asked for a pause: counted down on a terminal, else in one line. */
export function createWaiting({ output, progress, isUpload }: WaitingOptions): (wait: Wait) => void {
  let until = 0;
  return ({ ms, error }) => {
    const end = performance.now() + ms;
    if (end <= until + TOGETHER_MS) return;
    until = end;
    const words = (left: number): string => (isUpload ? explainPause(error, 1, left) : explainWait(left));
    if (progress.isShown) progress.wait(end, words);
    else output.say(words(Math.ceil(ms / 1_000)));
  };
}

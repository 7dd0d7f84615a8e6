import type { Tracing } from '../../observe/observer/tracing.ts';
import type { Urgency } from './waiting-jobs.ts';

/** The spans of one job of the decoders: it waits for one, with its fetch, and then one works on it. */
export interface JobSpans {
  /** A decoder begins, perhaps again. */
  begun(): void;
  ended(): void;
}

/** Taken up where the job is asked for: a decoder becomes free in the middle of other work. */
export function beginJobSpans(tracing: Pick<Tracing, 'beginBelow'>, urgency: Urgency): JobSpans {
  const whole = tracing.beginBelow('decode', { 'safelight.urgency': urgency });
  const part = (name: string) => whole.run(() => tracing.beginBelow(name, {}));
  let current = part('decoder wait');
  return {
    begun() {
      current.end();
      current = part('decoder work');
    },
    ended() {
      current.end();
      whole.end();
    },
  };
}

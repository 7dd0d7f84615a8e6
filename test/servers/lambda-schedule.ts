import { setTimeout as delay } from 'node:timers/promises';
import type { FunctionError } from './lambda-instance.ts';
import type { LambdaFunction } from './lambda-runtime.ts';

/** The event of an EventBridge rule. */
export const SCHEDULED_EVENT = { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} } as const;

/** Disposing waits for the running event. */
export interface Schedule extends AsyncDisposable {
  /** So far. */
  readonly failures: readonly FunctionError[];
}

/** `everyMs` from one event's end to the next; EventBridge's minimum is one minute. */
export function startSchedule({
  to,
  everyMs,
}: {
  readonly to: Pick<LambdaFunction, 'invoke'>;
  readonly everyMs: number;
}): Schedule {
  const failures: FunctionError[] = [];
  const stopping = new AbortController();
  const { signal } = stopping;
  const rounds = (async () => {
    while (!signal.aborted) {
      const outcome = await to.invoke(SCHEDULED_EVENT);
      if (outcome.kind === 'failed') failures.push(outcome.error);
      await delay(everyMs, undefined, { signal }).catch(() => undefined);
    }
  })();
  rounds.catch(() => undefined); // disposing reports it
  return {
    failures,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await rounds;
    },
  };
}

import { NO_TRACING, type Tracing } from '../observe/observer/tracing.ts';
import type { JobQueue } from './job-queue.ts';

/** A queue whose jobs carry the span that sends them, if its trace is kept: the worker's span goes below it. */
export function tracedQueue(queue: JobQueue, tracing: Tracing): JobQueue {
  if (tracing === NO_TRACING) return queue;
  return {
    send(job, options) {
      const trace = tracing.current();
      return queue.send(trace ? { ...job, trace } : job, options);
    },
    receive: (options) => queue.receive(options),
    countDeadLetters: () => queue.countDeadLetters(),
  };
}

import { setTimeout as delay } from 'node:timers/promises';
import type { JobQueue } from './job-queue.ts';

/** Without a queue, the sweeper does the work of a job when the image's record is due. */
export const createNoQueue = (): JobQueue => ({
  async send() {},

  async receive({ waitSeconds, signal }) {
    await delay(waitSeconds * 1000, undefined, { signal, ref: false }).catch(() => undefined); // aborted
    return [];
  },

  countDeadLetters: async () => undefined,
});

import { setTimeout as delay } from 'node:timers/promises';
import type { JobQueue } from './job-queue.ts';

/** Where there is no queue: what a job would do, the sweeper does when the image's record says that it is due. */
export const createNoQueue = (): JobQueue => ({
  async send() {},

  async receive({ waitSeconds, signal }) {
    await delay(waitSeconds * 1000, undefined, { signal, ref: false }).catch(() => undefined); // aborted
    return [];
  },
});

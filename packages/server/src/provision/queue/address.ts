import { findQueue, type QueueAspect } from './queue-target.ts';

/** The account that is part of it is known to few who write it down. */
export const ADDRESS: QueueAspect = {
  name: 'SQS_QUEUE_URL',
  async check(target) {
    const found = await findQueue('queue', target);
    if (!found) return { kind: 'left-out', why: 'there is no queue yet that it could name' };
    // SQS names a host of its own, which not everybody reaches it by.
    const is = new URL(new URL(found.url).pathname, target.url).href;
    if (is !== new URL(target.url).href) return { kind: 'left-out', why: `set it to ${is}, where this queue is` };
    return { kind: 'compared', difference: [], except: [], apply: async () => undefined };
  },
};

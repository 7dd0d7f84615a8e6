import { findQueue, type QueueAspect } from './queue-target.ts';

/** The URL contains an account id, which few users know. */
export const ADDRESS: QueueAspect = {
  name: 'SQS_QUEUE_URL',
  async check(target) {
    const found = await findQueue('queue', target);
    if (!found) return { kind: 'left-out', why: 'there is no queue yet that it could name' };
    // SQS returns its own host name, which may not be reachable for everybody.
    const is = new URL(new URL(found.url).pathname, target.url).href;
    if (is !== new URL(target.url).href) return { kind: 'left-out', why: `set it to ${is}, where this queue is` };
    return { kind: 'compared', difference: [], except: [], apply: async () => undefined };
  },
};

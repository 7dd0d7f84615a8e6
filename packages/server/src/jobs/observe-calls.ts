import type { Watch } from '../observe/observer/store-calls.ts';
import type { Delivery, JobQueue } from './job-queue.ts';

/** `queue` with watched calls. Of `receive` without its duration: most of it is a wait for jobs. */
export const observeQueueCalls = <Queue extends JobQueue>(queue: Queue, watch: Watch<'queue'>): Queue => ({
  ...queue,
  send: (...call) => watch('send', () => queue.send(...call)),
  countDeadLetters: () => watch('countDeadLetters', () => queue.countDeadLetters()),
  async receive(options) {
    const receiving = queue.receive(options);
    await receiving.catch(() => undefined);
    const deliveries = await watch('receive', () => receiving);
    return deliveries.map((delivery) => observeDeliveryCalls(delivery, watch));
  },
});

/** `delivery` with watched calls. */
export const observeDeliveryCalls = (delivery: Delivery, watch: Watch<'queue'>): Delivery => ({
  ...delivery,
  finish: () => watch('finish', () => delivery.finish()),
  extend: () => watch('extend', () => delivery.extend()),
  retry: (reason) => watch('retry', () => delivery.retry(reason)),
});

import { NO_FAUXQS } from '../../../../test/servers/fauxqs.ts';
import { type Notifications, startNotifications } from '../../../../test/servers/notifications.ts';
import { createQueue, type TestQueue } from '../../../../test/servers/queue.ts';
import { sqsForTests } from '../../../../test/servers/sqs-for-tests.ts';
import { type Cloud, createCloud, NO_CLOUD } from './cloud.ts';

/** The reason to skip, or false. */
export const NO_QUEUED_CLOUD = NO_CLOUD || NO_FAUXQS;

/** Stores whose bucket sends events to a queue, from which processes get their jobs. */
export interface Queued {
  readonly queue: TestQueue;
  readonly notifications: Notifications;
}

export type QueuedCloud = Cloud & Queued;

/** The settings of a service on the queue. */
export const environmentOfQueue = ({ url, sqs }: TestQueue) => ({
  SQS_QUEUE_URL: url,
  AWS_ENDPOINT_URL_SQS: sqs.url,
  AWS_REGION: sqs.region,
  AWS_ACCESS_KEY_ID: sqs.accessKeyId,
  AWS_SECRET_ACCESS_KEY: sqs.secretAccessKey,
});

export const createQueuedCloud = (): Promise<QueuedCloud> => withQueue(createCloud());

/** The stores, and a queue for their bucket. */
export async function withQueue<Stores extends Pick<Cloud, 'bucket' | 'environment'> & AsyncDisposable>(
  creating: Promise<Stores>,
): Promise<Stores & Queued> {
  await using stack = new AsyncDisposableStack();
  const stores = stack.use(await creating);
  const { sqs } = stack.use(await sqsForTests());
  const queue = stack.use(await createQueue(sqs));
  const notifications = stack.use(await startNotifications({ bucket: stores.bucket, queue }));
  const held = stack.move();
  return {
    ...stores,
    queue,
    notifications,
    environment: { ...stores.environment, ...environmentOfQueue(queue) },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

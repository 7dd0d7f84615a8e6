import { NO_FAUXQS } from '../../../../test/servers/fauxqs.ts';
import { type Notifications, startNotifications } from '../../../../test/servers/notifications.ts';
import { createQueue, type TestQueue } from '../../../../test/servers/queue.ts';
import { sqsForTests } from '../../../../test/servers/sqs-for-tests.ts';
import { type Cloud, createCloud, NO_CLOUD } from './cloud.ts';

/** The reason to skip, or false. */
export const NO_QUEUED_CLOUD = NO_CLOUD || NO_FAUXQS;

/** A cloud whose bucket sends events to a queue, from which its processes get their jobs. */
export interface QueuedCloud extends Cloud {
  readonly queue: TestQueue;
  readonly notifications: Notifications;
}

/** The settings of a service on the queue. */
export const environmentOfQueue = ({ url, sqs }: TestQueue) => ({
  SQS_QUEUE_URL: url,
  AWS_ENDPOINT_URL_SQS: sqs.url,
  AWS_REGION: sqs.region,
  AWS_ACCESS_KEY_ID: sqs.accessKeyId,
  AWS_SECRET_ACCESS_KEY: sqs.secretAccessKey,
});

export async function createQueuedCloud(): Promise<QueuedCloud> {
  await using stack = new AsyncDisposableStack();
  const cloud = stack.use(await createCloud());
  const { sqs } = stack.use(await sqsForTests());
  const queue = stack.use(await createQueue(sqs));
  const notifications = stack.use(await startNotifications({ bucket: cloud.bucket, queue }));
  const held = stack.move();
  return {
    ...cloud,
    queue,
    notifications,
    environment: { ...cloud.environment, ...environmentOfQueue(queue) },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

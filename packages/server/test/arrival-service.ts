import { setTimeout as delay } from 'node:timers/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { type Notifications, startNotifications } from '../../../test-servers/notifications.ts';
import { createQueue, type TestQueue } from '../../../test-servers/queue.ts';
import type { S3Endpoint } from '../../../test-servers/s3-endpoint.ts';
import type { SqsEndpoint } from '../../../test-servers/sqs-endpoint.ts';
import type { ImageId } from '../src/domain/image-id.ts';
import { openSqsJobQueue } from '../src/job-queue/sqs-open.ts';
import { createLogger } from '../src/logger.ts';
import { startWorker } from '../src/worker.ts';
import { createS3Service, type S3Service, type S3ServiceOptions } from './s3-service.ts';

/** The whole service on a bucket that tells a queue what arrives, and a worker that nobody but the queue tells anything. */
export interface ArrivalService extends S3Service {
  readonly queue: TestQueue;
  readonly notifications: Notifications;
  /** Puts an object into the bucket, as a late or a foreign client does. */
  arrive(key: string, body: Uint8Array): Promise<void>;
  /** Sends what is no event of the bucket's own. */
  tell(message: unknown): Promise<void>;
  /** Until the worker has ended all that the queue was told. */
  settled(): Promise<void>;
  deadLetters(): Promise<readonly { readonly body: string; readonly reason: string }[]>;
  imageOf(id: string): Promise<{ readonly status: string; readonly revision: number; readonly strikes: number }>;
}

const NEVER_SECONDS = 3_600;
const LOOK_EVERY_MS = 20;

export async function createArrivalService(
  servers: { readonly s3: S3Endpoint; readonly sqs: SqsEndpoint },
  options: S3ServiceOptions = {},
): Promise<ArrivalService> {
  await using stack = new AsyncDisposableStack();
  const service = stack.use(await createS3Service(servers.s3, options));
  const queue = stack.use(await createQueue(servers.sqs));
  const notifications = stack.use(await startNotifications({ bucket: service.bucket, queue }));
  const { url, client } = queue;
  const jobs = stack.use(
    await openSqsJobQueue({
      url,
      region: servers.sqs.region,
      endpoint: servers.sqs.url,
      credentials: servers.sqs,
      caBundle: null,
      clock: service.clock,
      onWarning: (sentence) => {
        throw new Error(sentence);
      },
    }),
  );
  const logger = await createLogger({ level: 'silent', format: 'json' });
  stack.use(startWorker({ services: { ...service.services, jobs }, logger, sweepSeconds: NEVER_SECONDS }));
  const held = stack.move();

  const isEmpty = async (): Promise<boolean> => {
    const AttributeNames = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
    const asked = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...AttributeNames] });
    const { Attributes = {} } = await client.send(asked);
    return AttributeNames.every((name) => Attributes[name] === '0');
  };

  return {
    ...service,
    queue,
    notifications,
    async arrive(Key, Body) {
      await service.bucket.client.send(new PutObjectCommand({ Bucket: service.bucket.name, Key, Body }));
    },
    async tell(message) {
      const MessageBody = typeof message === 'string' ? message : JSON.stringify(message);
      await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody }));
    },
    async settled() {
      while (!(await isEmpty())) await delay(LOOK_EVERY_MS);
    },
    async deadLetters() {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl: queue.deadLetterUrl,
          MaxNumberOfMessages: 10,
          WaitTimeSeconds: 0,
          MessageAttributeNames: ['All'],
        }),
      );
      return Messages.map(({ Body: body = '', MessageAttributes = {} }) => ({
        body,
        reason: MessageAttributes['reason']?.StringValue ?? '',
      }));
    },
    async imageOf(id) {
      const image = await service.services.images.get(id as ImageId);
      if (!image) throw new Error(`no record of ${id}`);
      return {
        status: image.status,
        revision: image.revision,
        strikes: image.status === 'pending' ? image.strikes : 0,
      };
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

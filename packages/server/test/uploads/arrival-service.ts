import { setTimeout as delay } from 'node:timers/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { type Notifications, startNotifications } from '../../../../test/servers/notifications.ts';
import { createQueue, type TestQueue } from '../../../../test/servers/queue.ts';
import type { S3Endpoint } from '../../../../test/servers/s3-endpoint.ts';
import type { SqsEndpoint } from '../../../../test/servers/sqs-endpoint.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { openSqsJobQueue } from '../../src/jobs/sqs/open.ts';
import { hearing } from '../../src/observe/observer/hearing.fixture.ts';
import { JOB_CODEC } from '../../src/run/jobs.ts';
import { startWorker } from '../../src/run/worker.ts';
import { PATIENT_TIMEOUTS } from '../services/patience.ts';
import { type DeadLetter, isSettled, takeDeadLetters, tell } from '../services/queue-messages.ts';
import { createS3Service, type S3Service, type S3ServiceOptions } from '../services/s3-service.ts';

/**
 * The whole service on a bucket that sends events to a queue, and a worker that learns of uploads from the queue only.
 */
export interface ArrivalService extends S3Service {
  readonly queue: TestQueue;
  readonly notifications: Notifications;
  /** Puts an object into the bucket, like a late or a foreign client. */
  arrive(key: string, body: Uint8Array): Promise<void>;
  /** Sends a message to the queue, beside the events of the bucket. */
  tell(message: unknown): Promise<void>;
  /** Waits until the worker has finished all messages. */
  settled(): Promise<void>;
  deadLetters(): Promise<readonly DeadLetter[]>;
  imageOf(id: string): Promise<{ readonly status: string; readonly revision: number; readonly crashes: number }>;
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
  const jobs = stack.use(
    await openSqsJobQueue({
      url: queue.url,
      region: servers.sqs.region,
      endpoint: servers.sqs.url,
      credentials: servers.sqs,
      caBundle: null,
      codec: JOB_CODEC,
      clock: service.clock,
      timeouts: PATIENT_TIMEOUTS,
      observe: hearing('warning', ({ sentence }) => {
        throw new Error(sentence);
      }),
    }),
  );
  stack.use(startWorker({ services: { ...service.services, jobs }, sweepSeconds: NEVER_SECONDS }));
  const held = stack.move();

  return {
    ...service,
    queue,
    notifications,
    async arrive(Key, Body) {
      await service.bucket.client.send(new PutObjectCommand({ Bucket: service.bucket.name, Key, Body }));
    },
    tell: (message) => tell(queue, [message]),
    async settled() {
      while (!(await isSettled(queue))) await delay(LOOK_EVERY_MS);
    },
    deadLetters: () => takeDeadLetters(queue),
    async imageOf(id) {
      const image = await service.services.images.get(id as ImageId);
      if (!image) throw new Error(`no record of ${id}`);
      return {
        status: image.status,
        revision: image.revision,
        crashes: image.status === 'pending' ? image.crashes : 0,
      };
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

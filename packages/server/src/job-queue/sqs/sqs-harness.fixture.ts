import { setTimeout as delay } from 'node:timers/promises';
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { createQueue, type TestQueue } from '../../../../../test-servers/queue.ts';
import type { SqsEndpoint } from '../../../../../test-servers/sqs-endpoint.ts';
import { JOB_CODEC } from '../../jobs.ts';
import type { ServiceEvent } from '../../observer/observer.ts';
import type { JobQueueHarness } from '../job-queue-harness.fixture.ts';
import { jobIn } from '../sample-job.fixture.ts';
import { REASON_ATTRIBUTE } from './delivery.ts';
import { createSqsJobQueue, type SqsJobQueue, type SqsJobQueueOptions } from './sqs.ts';

/** In real time, a busy machine must do the work between two steps of a test in two fifths of this. */
const SHORT_LEASE_SECONDS = 8;
/** The shortest backoff that SQS supports. */
const BACKOFF_SECONDS = 1;
/** Long enough for a busy machine to receive twice. */
const PAUSE_SECONDS = 6;

export interface SqsHarness extends JobQueueHarness {
  readonly jobs: SqsJobQueue;
  readonly queue: TestQueue;
}

/** A new queue with its dead letter queue. */
export async function createSqsHarness(
  sqs: SqsEndpoint,
  options: Partial<SqsJobQueueOptions> = {},
): Promise<SqsHarness> {
  const queue = await createQueue(sqs);
  const events: ServiceEvent[] = [];
  const jobs = createSqsJobQueue({
    client: new SQSClient({ endpoint: sqs.url, region: sqs.region, credentials: sqs }),
    url: queue.url,
    deadLetterUrl: queue.deadLetterUrl,
    codec: JOB_CODEC,
    clock: { elapsedMs: () => performance.now() },
    leaseSeconds: SHORT_LEASE_SECONDS,
    backoff: () => BACKOFF_SECONDS,
    pause: () => PAUSE_SECONDS,
    observe: (event) => events.push(event),
    ...options,
  });
  const letters: Awaited<ReturnType<JobQueueHarness['deadLetters']>>[number][] = [];
  return {
    jobs,
    queue,
    events,
    leaseSeconds: options.leaseSeconds ?? SHORT_LEASE_SECONDS,
    pass: (seconds) => delay(seconds * 1000),
    pastBackoff: () => delay(BACKOFF_SECONDS * 1000),
    pastPause: () => delay(PAUSE_SECONDS * 1000),

    async sendBody(body) {
      await queue.client.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: body }));
    },

    async deadLetters() {
      for (;;) {
        const letter = await nextLetter(queue);
        if (!letter) return letters;
        letters.push(letter);
      }
    },

    async [Symbol.asyncDispose]() {
      await jobs[Symbol.asyncDispose]();
      await queue[Symbol.asyncDispose]();
    },
  };
}

async function nextLetter({ client, deadLetterUrl: QueueUrl }: TestQueue) {
  const { Messages: [message] = [] } = await client.send(
    new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 0, MessageAttributeNames: [REASON_ATTRIBUTE] }),
  );
  if (!message) return undefined;
  const { Body: body = '', ReceiptHandle, MessageAttributes: { [REASON_ATTRIBUTE]: reason } = {} } = message;
  await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  return { job: jobIn(body), reason: reason?.StringValue ?? '' };
}

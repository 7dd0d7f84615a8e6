import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { FauxqsServer } from '../../../../../test/servers/fauxqs.ts';
import { createQueue, type TestQueue } from '../../../../../test/servers/queue.ts';
import type { ServiceEvent } from '../../observe/observer/observer.ts';
import { JOB_CODEC } from '../../run/jobs.ts';
import { backoffSeconds } from '../job-queue.ts';
import type { JobQueueHarness } from '../job-queue-harness.fixture.ts';
import { jobIn } from '../sample-job.fixture.ts';
import { REASON_ATTRIBUTE } from './delivery.ts';
import { createSqsJobQueue, type SqsJobQueue, type SqsJobQueueOptions } from './sqs.ts';
import { LONGEST_PAUSE_SECONDS } from './unknown-job-pause.ts';

export interface SqsHarness extends JobQueueHarness {
  readonly jobs: SqsJobQueue;
  readonly queue: TestQueue;
}

/** A new queue with its dead letter queue. `pass` moves the clock of every queue of that server. */
export async function createSqsHarness(
  { sqs, pass }: Pick<FauxqsServer, 'sqs' | 'pass'>,
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
    observe: (event) => events.push(event),
    answerMs: 120_000, // beside other tests: a lost answer hides its messages for a lease
    ...options,
  });
  const letters: Awaited<ReturnType<JobQueueHarness['deadLetters']>>[number][] = [];
  return {
    jobs,
    queue,
    events,
    pass,
    pastBackoff: (attempt) => pass(backoffSeconds(attempt, 0)),
    pastPause: () => pass(LONGEST_PAUSE_SECONDS),

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

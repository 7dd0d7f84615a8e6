import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { AppError } from '../domain/errors.ts';
import type { Observer } from '../observer/observer.ts';
import { MAX_ATTEMPTS } from './job-queue.ts';
import { createSqsJobQueue, type SqsJobQueue } from './sqs.ts';
import { createSqsClient, regionOf, type SqsClientOptions } from './sqs-client.ts';
import { diagnose, queueNameOf } from './sqs-diagnosis.ts';

export interface OpenSqsOptions extends SqsClientOptions {
  readonly clock: { elapsedMs(): number };
  readonly observe: Observer;
}

/** Whoever starts a service is told within this time that its queue doesn't answer. */
const OPEN_MS = 10_000;

/** Opens a queue that can be used. Errors: `unavailable`, with a sentence that says what mends it. */
export async function openSqsJobQueue(options: OpenSqsOptions): Promise<SqsJobQueue> {
  const { url, clock, timeouts, observe } = options;
  const client = await createSqsClient(options);
  try {
    const deadLetterUrl = await findDeadLetters(client, options);
    const rest = timeouts && { answerMs: timeouts.answerMs };
    return createSqsJobQueue({ client, url, deadLetterUrl, clock, observe, ...rest });
  } catch (error) {
    client.destroy();
    if (error instanceof AppError) throw error;
    const sentence = diagnose(error, { ...options, region: regionOf(options) });
    throw new AppError('unavailable', sentence ?? (error instanceof Error ? error.message : String(error)), {
      cause: error,
    });
  }
}

async function findDeadLetters(client: SQSClient, { url, observe }: OpenSqsOptions): Promise<string> {
  const name = queueNameOf(url);
  if (name.endsWith('.fifo')) {
    throw new AppError(
      'unavailable',
      `The queue ${name} keeps an order, which a bucket can't send to: set SQS_QUEUE_URL to a standard queue, as npm run provision makes it`,
    );
  }
  const asked = new GetQueueAttributesCommand({
    QueueUrl: url,
    AttributeNames: ['RedrivePolicy'],
  });
  const { Attributes = {} } = await client.send(asked, { abortSignal: AbortSignal.timeout(OPEN_MS) });
  const { deadLetterTargetArn, maxReceiveCount } = JSON.parse(Attributes.RedrivePolicy || '{}') as RedrivePolicy;
  const deadLetterName = deadLetterTargetArn?.split(':').at(-1);
  if (!deadLetterName) {
    throw new AppError('unavailable', `The queue ${name} has no dead letter queue: run npm run provision`);
  }
  if (Number(maxReceiveCount) <= MAX_ATTEMPTS) {
    const sentence = `The queue ${name} gives up its messages after ${maxReceiveCount} receptions, where the service tells why after ${MAX_ATTEMPTS} attempts: run npm run provision`;
    observe({ event: 'warning', sentence });
  }
  // It is in the same account and region ("Using dead-letter queues"), so that it has the same address.
  return new URL(encodeURIComponent(deadLetterName), url).href;
}

interface RedrivePolicy {
  readonly deadLetterTargetArn?: string;
  readonly maxReceiveCount?: number | string;
}

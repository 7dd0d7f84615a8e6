import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { AppError } from '../../domain/errors.ts';
import type { Observer } from '../../observe/observer/observer.ts';
import type { JobCodec } from '../job-codec.ts';
import { MAX_ATTEMPTS } from '../job-queue.ts';
import { createSqsClient, regionOf, type SqsClientOptions } from './client.ts';
import { diagnose, queueNameOf } from './diagnosis.ts';
import { createSqsJobQueue, type SqsJobQueue } from './sqs.ts';

export interface OpenSqsOptions extends SqsClientOptions {
  readonly codec: JobCodec;
  readonly clock: { elapsedMs(): number };
  readonly observe: Observer;
}

/** The start of a service reports within this time that its queue doesn't answer. */
const OPEN_MS = 10_000;

/** Opens a queue and checks it. Errors: `unavailable`, with a sentence that says how to repair it. */
export async function openSqsJobQueue(options: OpenSqsOptions): Promise<SqsJobQueue> {
  const { url, codec, clock, timeouts, observe } = options;
  const client = await createSqsClient(options);
  try {
    const deadLetterUrl = await findDeadLetters(client, options);
    const rest = timeouts && { answerMs: timeouts.answerMs };
    return createSqsJobQueue({ client, url, deadLetterUrl, codec, clock, observe, ...rest });
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
      `The queue ${name} is a FIFO queue, to which a bucket can't send: set SQS_QUEUE_URL to a standard queue, which npm run admin -- provision makes`,
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
    throw new AppError('unavailable', `The queue ${name} has no dead letter queue: run npm run admin -- provision`);
  }
  if (Number(maxReceiveCount) <= MAX_ATTEMPTS) {
    const sentence = `The queue ${name} moves messages to dead letters after ${maxReceiveCount} receives, before the service can record a reason after ${MAX_ATTEMPTS} attempts: run npm run admin -- provision`;
    observe({ event: 'warning', sentence });
  }
  // It is in the same account and region ("Using dead-letter queues"), so its address has the same form.
  return new URL(encodeURIComponent(deadLetterName), url).href;
}

interface RedrivePolicy {
  readonly deadLetterTargetArn?: string;
  readonly maxReceiveCount?: number | string;
}

import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import type { JobQueue } from '../job-queue.ts';
import type { SqsDeliveriesOptions } from './delivery.ts';
import { queueNameOf } from './diagnosis.ts';
import { isDenied, onSqs } from './sqs-fault.ts';

type CountOptions = Pick<SqsDeliveriesOptions, 'client' | 'deadLetterUrl' | 'observe'>;

/**
 * Counts the messages of the dead letter queue. A role of an older deployment may not: that is one warning of the
 * process.
 */
export function createDeadLetterCount({
  client,
  deadLetterUrl,
  observe = () => undefined,
}: CountOptions): JobQueue['countDeadLetters'] {
  let hasWarned = false;
  return async () => {
    const AttributeNames = ['ApproximateNumberOfMessages' as const];
    const asked = new GetQueueAttributesCommand({ QueueUrl: deadLetterUrl, AttributeNames });
    const answer = await onSqs(client.send(asked).catch(unlessDenied));
    const count = Number(answer?.Attributes?.ApproximateNumberOfMessages);
    if (answer) return Number.isInteger(count) ? count : undefined;
    if (!hasWarned) observe({ event: 'warning', sentence: deniedSentence(deadLetterUrl) });
    hasWarned = true;
    return undefined;
  };
}

const deniedSentence = (url: string): string =>
  `The number of dead letters isn't known: the worker's role needs sqs:GetQueueAttributes on the queue ${queueNameOf(url)}. npm run admin -- provision --policies prints its policy.`;

const unlessDenied = (error: unknown): undefined => {
  if (!isDenied(error)) throw error;
};

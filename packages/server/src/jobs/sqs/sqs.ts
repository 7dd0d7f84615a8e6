import { type Message, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { type Delivery, type JobQueue, LEASE_SECONDS, type ReceiveOptions } from '../job-queue.ts';
import { requireDelay, requireReceivable } from '../limits.ts';
import { SQS_TIMEOUTS } from './client.ts';
import { createDeadLetterCount } from './count-dead-letters.ts';
import {
  createSqsDeliveries,
  type ReceivedMessage,
  type SqsDeliveries,
  type SqsDeliveriesOptions,
} from './delivery.ts';
import { onSqs } from './sqs-fault.ts';

/*
 * Jobs by SQS. The bucket sends "object created" to the queue, as the service sends its own jobs. This file receives
 * the message, message.ts parses it, and run/worker.ts does the job by the table in run/jobs.ts:
 * operations/uploads/finalize-after-event.ts finalizes the upload. On Lambda SQS itself hands messages to
 * run/lambda/worker.ts, which also sweeps on a schedule; run/lambda/http.ts turns an event of an HTTP API into a
 * `Request` for the same app.
 */

export interface SqsJobQueueOptions extends SqsDeliveriesOptions {
  readonly clock: { elapsedMs(): number };
  /** The longest time of an answer, besides the wait for messages. */
  readonly answerMs?: number;
}

/** Disposing waits for pending receive requests, and returns the messages that they bring. */
export interface SqsJobQueue extends JobQueue, AsyncDisposable {
  /** For messages that SQS delivers itself, to a Lambda function. */
  readonly deliver: SqsDeliveries['deliver'];
}

/**
 * A receive request can't be cancelled: SQS may deliver a message to a closed connection. The requests of an aborted
 * receiver therefore end by themselves after at most this time, which is how long a worker takes to stop.
 */
const POLL_SECONDS = 5;

/** Jobs in a standard SQS queue, together with a bucket's events. */
export function createSqsJobQueue(options: SqsJobQueueOptions): SqsJobQueue {
  const { client, url, codec, clock, leaseSeconds = LEASE_SECONDS, answerMs = SQS_TIMEOUTS.answerMs } = options;
  const { deliver, release } = createSqsDeliveries(options);
  const abandoned = new Set<Promise<unknown>>();

  /** Receives messages for up to `waitSeconds`. It starts no request after `signal` has aborted. */
  const ask = async ({ limit, waitSeconds, signal }: ReceiveOptions): Promise<readonly ReceivedMessage[]> => {
    const command = new ReceiveMessageCommand({
      QueueUrl: url,
      MaxNumberOfMessages: limit,
      WaitTimeSeconds: waitSeconds,
      VisibilityTimeout: leaseSeconds,
      MessageSystemAttributeNames: ['ApproximateReceiveCount'],
    });
    command.middlewareStack.add(
      (next) => async (request) => {
        signal.throwIfAborted();
        return next(request);
      },
      { step: 'finalizeRequest', priority: 'low' }, // after the SDK's retry step, so for each attempt
    );
    const { Messages = [] } = await client.send(command, { requestTimeout: waitSeconds * 1000 + answerMs });
    return Messages.flatMap((message) => receivedOf(message) ?? []);
  };

  const giveBack = (messages: readonly ReceivedMessage[]) => Promise.allSettled(messages.map(release));

  /** Receives messages, but returns none as soon as `signal` aborts. */
  const poll = async (asked: ReceiveOptions): Promise<readonly ReceivedMessage[]> => {
    const { signal } = asked;
    const asking = ask(asked);
    const aborted = Promise.withResolvers<void>();
    const abort = () => aborted.resolve();
    signal.addEventListener('abort', abort);
    try {
      const messages = await Promise.race([asking, aborted.promise]);
      if (messages !== undefined && !signal.aborted) return messages;
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
    const ending = asking.then(giveBack, () => undefined).finally(() => abandoned.delete(ending));
    abandoned.add(ending);
    return [];
  };

  /** A failed one is redelivered after its lease; nothing waits for it. */
  const deliverAll = async (messages: readonly ReceivedMessage[]): Promise<readonly Delivery[]> => {
    const outcomes = await Promise.allSettled(messages.map(deliver));
    const deliveries = outcomes.flatMap((one) =>
      one.status === 'fulfilled' && typeof one.value === 'object' ? one.value : [],
    );
    const failed = outcomes.find((one) => one.status === 'rejected');
    if (failed && deliveries.length === 0) throw failed.reason;
    return deliveries;
  };

  return {
    deliver,
    countDeadLetters: createDeadLetterCount(options),

    async send(job, { delaySeconds = 0 } = {}) {
      requireDelay(delaySeconds);
      const DelaySeconds = Math.ceil(delaySeconds);
      await onSqs(client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: codec.encode(job), DelaySeconds })));
    },

    async receive(asked) {
      requireReceivable(asked);
      const { limit, waitSeconds, signal } = asked;
      const untilMs = clock.elapsedMs() + waitSeconds * 1000;
      for (;;) {
        const leftSeconds = Math.max(0, Math.ceil((untilMs - clock.elapsedMs()) / 1000));
        const messages = await onSqs(poll({ limit, waitSeconds: Math.min(leftSeconds, POLL_SECONDS), signal }));
        const deliveries = await deliverAll(messages);
        if (deliveries.length > 0 || signal.aborted) return deliveries;
        if (messages.length === 0 && clock.elapsedMs() >= untilMs) return [];
      }
    },

    async [Symbol.asyncDispose]() {
      await Promise.all(abandoned);
      client.destroy();
    },
  };
}

function receivedOf({ Body, ReceiptHandle, Attributes }: Message): ReceivedMessage | undefined {
  if (Body === undefined || ReceiptHandle === undefined) return undefined;
  return { body: Body, receiptHandle: ReceiptHandle, receiveCount: Number(Attributes?.ApproximateReceiveCount) };
}

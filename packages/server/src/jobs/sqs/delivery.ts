import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { Job } from '../../domain/job.ts';
import type { Observer } from '../../observe/observer/observer.ts';
import { UNDECIDED } from '../dead-letter.ts';
import type { JobCodec } from '../job-codec.ts';
import { backoffSeconds, type Delivery, LEASE_SECONDS, MAX_ATTEMPTS } from '../job-queue.ts';
import { readMessage } from './message.ts';
import { isSuperseded, onSqs } from './sqs-fault.ts';
import { unknownJobPause } from './unknown-job-pause.ts';

/** A received message, in flight until its visibility timeout ends. */
export interface ReceivedMessage {
  readonly body: string;
  readonly receiptHandle: string;
  /** The number of receives, including this one. */
  readonly receiveCount: number;
}

export interface SqsDeliveriesOptions {
  readonly client: SQSClient;
  readonly url: string;
  readonly deadLetterUrl: string;
  readonly codec: JobCodec;
  /** Whole seconds. */
  readonly leaseSeconds?: number;
  /** Seconds until attempt `attempt` + 1, at most 900; SQS accepts whole seconds. */
  readonly backoff?: (attempt: number) => number;
  /** Seconds until a job of another version is received again, at most 12 hours. */
  readonly pause?: (receiveCount: number) => number;
  readonly observe?: Observer;
}

/** Decides single messages: a failure affects no other message of the same receive. */
export interface SqsDeliveries {
  /**
   * The message as a job; `done` if it had no work, and is removed or a dead letter; `again` for a job of another
   * version, which stays in the queue.
   */
  deliver(message: ReceivedMessage): Promise<Delivery | 'done' | 'again'>;
  /** Returns an unused message to the queue. */
  release(message: ReceivedMessage): Promise<void>;
}

export function createSqsDeliveries({
  client,
  url,
  deadLetterUrl,
  codec,
  leaseSeconds = LEASE_SECONDS,
  backoff = (attempt) => backoffSeconds(attempt, Math.random()),
  pause = unknownJobPause,
  observe = () => undefined,
}: SqsDeliveriesOptions): SqsDeliveries {
  type Handle = Pick<ReceivedMessage, 'receiptHandle'>;

  const remove = async ({ receiptHandle }: Handle): Promise<void> => {
    const command = new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: receiptHandle });
    await onSqs(client.send(command).catch(unlessSuperseded));
  };

  /** Extends the visibility timeout to `seconds` from now. Returns whether the lease was still ours. */
  const hide = async ({ receiptHandle }: Handle, seconds: number): Promise<boolean> => {
    const VisibilityTimeout = Math.ceil(seconds);
    const command = new ChangeMessageVisibilityCommand({
      QueueUrl: url,
      ReceiptHandle: receiptHandle,
      VisibilityTimeout,
    });
    return (await onSqs(client.send(command).catch(unlessSuperseded))) !== undefined;
  };

  /** In this order: a crash in between leaves two copies, never none. */
  const makeDeadLetter = async (message: ReceivedMessage, reason: string): Promise<void> => {
    if (!(await hide(message, leaseSeconds))) return;
    const MessageAttributes = { [REASON_ATTRIBUTE]: { DataType: 'String', StringValue: sayable(reason) } };
    const command = new SendMessageCommand({ QueueUrl: deadLetterUrl, MessageBody: message.body, MessageAttributes });
    await onSqs(client.send(command));
    await remove(message);
  };

  const deliveryOf = (message: ReceivedMessage, job: Job): Delivery => ({
    job,
    attempt: message.receiveCount,
    finish: () => remove(message),
    async extend() {
      await hide(message, leaseSeconds);
    },
    async retry(reason) {
      if (message.receiveCount >= MAX_ATTEMPTS) await makeDeadLetter(message, reason);
      else await hide(message, backoff(message.receiveCount));
    },
  });

  return {
    async deliver(message) {
      if (!Number.isInteger(message.receiveCount)) {
        throw new Error(`expected how often the message was received; got ${message.receiveCount}`);
      }
      const read = readMessage(message.body, codec);
      switch (read.kind) {
        case 'unreadable':
          await makeDeadLetter(message, read.reason);
          return 'done';
        case 'unknown-job':
          observe({ event: 'unknown-job', kind: read.named });
          await hide(message, pause(message.receiveCount));
          return 'again';
        case 'nothing':
          await remove(message);
          return 'done';
        case 'job':
          if (message.receiveCount <= MAX_ATTEMPTS) return deliveryOf(message, read.job);
          await makeDeadLetter(message, UNDECIDED);
          return 'done';
      }
    },

    async release(message) {
      await hide(message, 0);
    },
  };
}

/** The attribute with a dead letter's reason. */
export const REASON_ATTRIBUTE = 'reason';

const MAX_REASON_CHARACTERS = 1_000;

/** A bounded text of the characters that SQS accepts (those of XML 1.0); never empty. */
const sayable = (reason: string): string =>
  reason
    .slice(0, MAX_REASON_CHARACTERS)
    .toWellFormed()
    .replace(/[^\t\n\r\u0020-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD') || 'none was given';

const unlessSuperseded = (error: unknown): undefined => {
  if (!isSuperseded(error)) throw error;
};

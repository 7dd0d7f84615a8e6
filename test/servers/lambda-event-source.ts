import { DeleteMessageCommand, type Message, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import type { FunctionError, Outcome } from './lambda-instance.ts';
import type { LambdaFunction } from './lambda-runtime.ts';
import type { TestQueue } from './queue.ts';

/**
 * Delivers a queue's messages to a function: an event source mapping with ReportBatchItemFailures. Disposing waits for
 * running batches.
 */
export interface EventSource extends AsyncDisposable {
  /** The batches so far. */
  readonly failures: readonly FunctionError[];
}

export interface EventSourceOptions {
  readonly queue: Pick<TestQueue, 'url' | 'client'>;
  readonly to: Pick<LambdaFunction, 'invoke'>;
  /** Lambda's "maximum concurrency", at least two. */
  readonly batchesAtOnce?: number;
}

/** A message in Lambda's form. */
export interface QueueRecord {
  readonly messageId: string;
  readonly body: string;
  readonly receiptHandle: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly eventSource: 'aws:sqs';
}

/** One receive and its result; without messages there was no event. */
export interface Batch {
  readonly records: readonly QueueRecord[];
  readonly outcome: Outcome | undefined;
  /** Messages that were not deleted; they return when they become visible. */
  readonly left: readonly QueueRecord[];
}

/** Lambda's default batch size. */
const BATCH_SIZE = 10;
/** How long disposing may wait for messages. */
const POLL_SECONDS = 1;

export function startEventSource({ queue, to, batchesAtOnce = 2 }: EventSourceOptions): EventSource {
  const failures: FunctionError[] = [];
  let isStopping = false;
  const poll = async (): Promise<void> => {
    while (!isStopping) {
      const { outcome } = await bringBatch({ queue, to }, { waitSeconds: POLL_SECONDS });
      if (outcome?.kind === 'failed') failures.push(outcome.error);
    }
  };
  const polls = Promise.all(Array.from({ length: batchesAtOnce }, poll));
  polls.catch(() => undefined); // disposing reports it
  return {
    failures,
    async [Symbol.asyncDispose]() {
      isStopping = true;
      await polls;
    },
  };
}

/** Receives once, delivers the messages, and deletes those that the function completed. */
export async function bringBatch(
  { queue, to }: Pick<EventSourceOptions, 'queue' | 'to'>,
  { waitSeconds, visibilitySeconds }: { readonly waitSeconds: number; readonly visibilitySeconds?: number },
): Promise<Batch> {
  const { Messages = [] } = await queue.client.send(
    new ReceiveMessageCommand({
      QueueUrl: queue.url,
      MaxNumberOfMessages: BATCH_SIZE,
      WaitTimeSeconds: waitSeconds,
      MessageSystemAttributeNames: ['All'],
      ...(visibilitySeconds !== undefined && { VisibilityTimeout: visibilitySeconds }),
    }),
  );
  const records = Messages.map(recordOf);
  if (records.length === 0) return { records, outcome: undefined, left: [] };
  const outcome = await to.invoke({ Records: records });
  const again = failuresOf(outcome);
  const left = records.filter(({ messageId }) => again === 'all' || again.includes(messageId));
  for (const { receiptHandle } of records.filter((one) => !left.includes(one))) {
    await queue.client.send(new DeleteMessageCommand({ QueueUrl: queue.url, ReceiptHandle: receiptHandle }));
  }
  return { records, outcome, left };
}

const recordOf = ({ MessageId = '', Body = '', ReceiptHandle = '', Attributes = {} }: Message): QueueRecord => ({
  messageId: MessageId,
  body: Body,
  receiptHandle: ReceiptHandle,
  attributes: { ...Attributes },
  eventSource: 'aws:sqs',
});

/** A failed function has completed nothing; an answer without a list of failures means that all are completed. */
function failuresOf(outcome: Outcome): 'all' | readonly unknown[] {
  if (outcome.kind === 'failed') return 'all';
  const { batchItemFailures = [] } = Object(outcome.result) as {
    readonly batchItemFailures?: readonly { readonly itemIdentifier?: unknown }[];
  };
  return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
}

import { sweepOnce, workOn } from '../worker.ts';
import { composeFunction } from './compose-function.ts';

/** An SQS event: up to ten messages of the queue, or the event source mapping's batch size. */
interface QueueEvent {
  readonly Records: readonly QueueRecord[];
}

interface QueueRecord {
  readonly messageId: string;
  readonly body: string;
  readonly receiptHandle: string;
  readonly attributes: { readonly ApproximateReceiveCount: string };
}

/** A scheduled EventBridge event. */
interface ScheduledEvent {
  readonly 'detail-type': 'Scheduled Event';
}

interface Context {
  getRemainingTimeInMillis(): number;
}

/** The messages to redeliver; the mapping must have ReportBatchItemFailures, or the whole batch counts as done. */
interface BatchResult {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/**
 * A page of images takes seconds, rarely a minute: a sweep starts no page later than this, or half of its time, before
 * its end.
 */
const SWEEP_MARGIN_MS = 60_000;

const { config, composition, logger, emf } = await composeFunction('queue');
const { services } = composition;
const queue = composition.queue ?? noQueue();
const holder = services.newId();

/** Does each job of a batch independently, or sweeps on a schedule. */
export const handler = (event: QueueEvent | ScheduledEvent, context: Context): Promise<BatchResult | undefined> =>
  emf.invocation(async () =>
    'Records' in event ? workOnBatch(event.Records.map(messageOf)) : sweepWithin(event, context),
  );

/**
 * Refuses other events with records, such as those of a bucket that calls the function itself: their arrivals would be
 * lost.
 */
function messageOf(record: QueueRecord): QueueRecord {
  if (typeof record.messageId === 'string' && typeof record.body === 'string') return record;
  throw new Error('expected records of SQS, with messageId and body; got others: connect the function to the queue');
}

async function workOnBatch(records: readonly QueueRecord[]): Promise<BatchResult> {
  const outcomes = await Promise.all(
    records.map(async (record) =>
      (await outcomeOf(record)) === 'again' ? [{ itemIdentifier: record.messageId }] : [],
    ),
  );
  return { batchItemFailures: outcomes.flat() };
}

/** A message that fails before it is parsed is redelivered, too. */
async function outcomeOf({ messageId, body, receiptHandle, attributes }: QueueRecord): Promise<'done' | 'again'> {
  try {
    const receiveCount = Number(attributes.ApproximateReceiveCount);
    const delivery = await queue.deliver({ body, receiptHandle, receiveCount });
    return typeof delivery === 'object' ? await workOn(services, delivery) : delivery;
  } catch (error) {
    logger.error({ message_id: messageId, err: error }, 'a message failed and will be redelivered');
    return 'again';
  }
}

async function sweepWithin(event: ScheduledEvent, context: Context): Promise<undefined> {
  const kind = event['detail-type'];
  if (kind !== 'Scheduled Event') throw new Error(`expected Records of SQS or a Scheduled Event; got ${kind}`);
  const leftMs = context.getRemainingTimeInMillis();
  const signal = AbortSignal.timeout(Math.max(Math.floor(leftMs / 2), leftMs - SWEEP_MARGIN_MS));
  await sweepOnce(services, { holder, signal, hasMetrics: config.lambdaMetrics !== null });
}

function noQueue(): never {
  throw new Error('expected a queue, which functionConfig requires; got none');
}

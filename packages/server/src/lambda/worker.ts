import { sweepOnce, workOn } from '../worker.ts';
import { composed } from './composed.ts';

/** What SQS brings: up to ten messages of its queue, or as many as the event source mapping says. */
interface QueueEvent {
  readonly Records: readonly QueueRecord[];
}

interface QueueRecord {
  readonly messageId: string;
  readonly body: string;
  readonly receiptHandle: string;
  readonly attributes: { readonly ApproximateReceiveCount: string };
}

/** What EventBridge sends by a schedule. */
interface ScheduledEvent {
  readonly 'detail-type': 'Scheduled Event';
}

interface Context {
  getRemainingTimeInMillis(): number;
}

/** The messages that are to come again; the mapping must have ReportBatchItemFailures, or all of a batch are done. */
interface BatchResult {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** A page of images takes seconds, seldom a minute: a sweep begins none later than this, or half of its time, before its end. */
const SWEEP_MARGIN_MS = 60_000;

const { composition, logger } = await composed('queue');
const { services } = composition;
const queue = composition.queue ?? noQueue();
const holder = services.newId();

/** Does the jobs of a batch, each by itself, or sweeps when it is time. */
export const handler = (event: QueueEvent | ScheduledEvent, context: Context): Promise<BatchResult | undefined> =>
  'Records' in event ? workOnBatch(event.Records.map(messageOf)) : sweepWithin(event, context);

/** Others have records too, as a bucket that calls the function itself: of those nobody would be told that they came. */
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

/** One that fails before it is looked at comes again, too. */
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
  await sweepOnce(services, { holder, signal });
}

function noQueue(): never {
  throw new Error('expected a queue, which functionConfig requires; got none');
}

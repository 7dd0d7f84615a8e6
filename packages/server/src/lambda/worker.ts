import { sweepOnce, workOnMessage } from '../worker.ts';
import { composed } from './composed.ts';

/** What SQS brings: up to ten messages of its queue, or as many as the event source mapping says. */
interface QueueEvent {
  readonly Records: readonly QueueRecord[];
}

interface QueueRecord {
  readonly messageId: string;
  readonly body: string;
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

/** A sweep ends this long before Lambda would end it, between two images. */
const SWEEP_MARGIN_MS = 10_000;

const { composition, logger } = await composed('queue');
const { services } = composition;
const holder = services.newId();

/** Does the jobs of a batch, each by itself, or sweeps when it is time. */
export const handler = (event: QueueEvent | ScheduledEvent, context: Context): Promise<BatchResult | undefined> =>
  'Records' in event ? workOnBatch(event.Records) : sweepWithin(event, context);

async function workOnBatch(records: readonly QueueRecord[]): Promise<BatchResult> {
  const outcomes = await Promise.all(
    records.map(async ({ messageId, body, attributes }) => {
      const receiveCount = Number(attributes.ApproximateReceiveCount);
      const outcome = await workOnMessage({ services, logger }, { id: messageId, body, receiveCount });
      return outcome === 'again' ? [{ itemIdentifier: messageId }] : [];
    }),
  );
  return { batchItemFailures: outcomes.flat() };
}

async function sweepWithin(event: ScheduledEvent, context: Context): Promise<undefined> {
  const kind = event['detail-type'];
  if (kind !== 'Scheduled Event') throw new Error(`expected Records of SQS or a Scheduled Event; came ${kind}`);
  const signal = AbortSignal.timeout(Math.max(0, context.getRemainingTimeInMillis() - SWEEP_MARGIN_MS));
  await sweepOnce({ services, logger }, { holder, signal });
}

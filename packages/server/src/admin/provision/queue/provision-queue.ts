import { AppError } from '../../../domain/errors.ts';
import { createSqsClient, regionOf } from '../../../jobs/sqs/client.ts';
import { queueNameOf } from '../../../jobs/sqs/diagnosis.ts';
import type { Secrets } from '../../../run/config/config.ts';
import type { SqsConfig } from '../../../run/config/sqs-config.ts';
import { type Mode, makeRight, type Outcome } from '../make-right.ts';
import { ADDRESS } from './address.ts';
import { encryption } from './encryption.ts';
import { EVENTS } from './events.ts';
import { thereIs } from './queue.ts';
import { queueFault } from './queue-fault.ts';
import { DEAD_LETTERS, type EventSource, findQueue, type QueueAspect } from './queue-target.ts';
import { REDRIVE } from './redrive.ts';
import { REDRIVE_ALLOW } from './redrive-allow.ts';
import { times } from './times.ts';

/** The permission to send dead letters precedes the queue that sends them. */
const ASPECTS: readonly QueueAspect[] = [
  thereIs('dead letter queue'),
  thereIs('queue'),
  ADDRESS,
  times('dead letter queue'),
  times('queue'),
  encryption('dead letter queue'),
  encryption('queue'),
  REDRIVE_ALLOW,
  REDRIVE,
  EVENTS,
];

/** The errors by which a store other than Amazon's refuses something. */
const UNSUPPORTED = ['UnsupportedOperation', 'InvalidAction', 'InvalidAttributeName', 'InvalidAttributeNameException'];

const WAIT_MS = 60_000;

export interface ProvisionQueueOptions {
  readonly sqs: SqsConfig;
  /** The bucket whose events it receives; null: none. */
  readonly bucket: EventSource | null;
  readonly awsKeys: Secrets['awsKeys'];
  readonly mode: Mode;
  readonly waitMs?: number;
}

export interface ProvisionedQueue {
  readonly outcomes: readonly Outcome[];
  readonly name: string;
  /** Undefined if there is none, after a dry run. */
  readonly arn: string | undefined;
}

/** Sets up a queue. Errors: `unavailable`, with a sentence that says how to repair it. */
export async function provisionQueue(options: ProvisionQueueOptions): Promise<ProvisionedQueue> {
  const { sqs, bucket, awsKeys, mode, waitMs = WAIT_MS } = options;
  const { url } = sqs;
  const name = queueNameOf(url);
  requireStandard(name);
  const client = await createSqsClient({ ...sqs, credentials: awsKeys });
  const target = { client, name, url, region: regionOf(sqs), bucket, waitMs };
  try {
    const outcomes = await makeRight(ASPECTS, target, { mode, unsupported: UNSUPPORTED });
    return { outcomes, name, arn: (await findQueue('queue', target))?.arn };
  } catch (error) {
    throw queueFault(error, { ...sqs, region: target.region });
  } finally {
    client.destroy();
  }
}

/** SQS's limit, which also applies to the dead letter queue. */
const LONGEST_NAME = 80 - DEAD_LETTERS.length;

function requireStandard(name: string): void {
  if (name.endsWith('.fifo')) {
    throw new AppError(
      'unavailable',
      `The queue ${name} would be a FIFO queue, to which a bucket can't send: set SQS_QUEUE_URL to a name without .fifo`,
    );
  }
  if (name.length > LONGEST_NAME || !/^[\w-]+$/.test(name)) {
    throw new AppError(
      'unavailable',
      `A queue can't have the name ${name}: set SQS_QUEUE_URL to one of ${LONGEST_NAME} letters, digits, - and _ at most`,
    );
  }
}

import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type QueueAttributeName,
  SetQueueAttributesCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { nameOf } from '../../job-queue/sqs-fault.ts';
import type { Capability } from '../../object-store/s3-capabilities.ts';
import type { Aspect } from '../aspect.ts';

/** The queue that is to be made right, and its dead letter queue with it. */
export interface QueueTarget {
  readonly client: SQSClient;
  readonly name: string;
  /** As the service is told it. */
  readonly url: string;
  readonly region: string;
  /** Whose events it takes; null: nobody's. */
  readonly bucket: EventSource | null;
  /** How long a queue may take to be known everywhere. */
  readonly waitMs: number;
}

export interface EventSource {
  readonly bucket: string;
  readonly region: string;
  readonly lacks: readonly Capability[];
}

export type QueueAspect = Aspect<QueueTarget>;

export type Role = 'queue' | 'dead letter queue';

export const DEAD_LETTERS = '-dead-letters';

export const nameFor = (role: Role, { name }: Pick<QueueTarget, 'name'>): string =>
  role === 'queue' ? name : `${name}${DEAD_LETTERS}`;

export interface FoundQueue {
  readonly url: string;
  readonly arn: string;
  readonly attributes: Readonly<Partial<Record<QueueAttributeName, string>>>;
}

/** The queue as SQS has it; undefined of one that a dry run didn't make. */
export async function findQueue(role: Role, target: QueueTarget): Promise<FoundQueue | undefined> {
  const { client } = target;
  try {
    const { QueueUrl = '' } = await client.send(new GetQueueUrlCommand({ QueueName: nameFor(role, target) }));
    const { Attributes: attributes = {} } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
    );
    return { url: QueueUrl, arn: attributes.QueueArn ?? '', attributes };
  } catch (error) {
    if (error instanceof Error && ['QueueDoesNotExist', 'NonExistentQueue'].includes(nameOf(error))) return undefined;
    throw error;
  }
}

/** Those that aren't named stay. */
export const setAttributes = (
  { client }: QueueTarget,
  found: FoundQueue | undefined,
  Attributes: Partial<Record<QueueAttributeName, string>>,
): Promise<unknown> => client.send(new SetQueueAttributesCommand({ QueueUrl: found?.url, Attributes }));

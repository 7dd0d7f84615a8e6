import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type QueueAttributeName,
  SetQueueAttributesCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { nameOf } from '../../../jobs/sqs/sqs-fault.ts';
import type { Capability } from '../../../object-store/s3/capabilities.ts';
import type { Aspect } from '../aspect.ts';

/** The queue to set up, with its dead letter queue. */
export interface QueueTarget {
  readonly client: SQSClient;
  readonly name: string;
  /** As in the service's configuration. */
  readonly url: string;
  readonly region: string;
  /** The bucket whose events it receives; null: none. */
  readonly bucket: EventSource | null;
  /** How long a queue may take to be visible everywhere. */
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

/** The existing queue; undefined if a dry run didn't create it. */
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

/** Attributes that aren't named are unchanged. */
export const setAttributes = (
  { client }: QueueTarget,
  found: FoundQueue | undefined,
  Attributes: Partial<Record<QueueAttributeName, string>>,
): Promise<unknown> => client.send(new SetQueueAttributesCommand({ QueueUrl: found?.url, Attributes }));

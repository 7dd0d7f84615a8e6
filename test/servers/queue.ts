import { randomUUID } from 'node:crypto';
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  type QueueAttributeName,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { deadLetterQueueAttributes, queueAttributes } from '../../packages/server/src/jobs/sqs/attributes.ts';
import type { SqsEndpoint } from './sqs-endpoint.ts';

/** A queue for one test and its dead letter queue, as the service expects them. */
export interface TestQueue extends AsyncDisposable {
  readonly url: string;
  readonly deadLetterUrl: string;
  readonly sqs: SqsEndpoint;
  readonly client: SQSClient;
}

export interface TestQueueOptions {
  readonly name?: string;
  /** Attributes that replace or extend the service's own; undefined omits one. */
  readonly attributes?: Readonly<Partial<Record<QueueAttributeName, string | undefined>>>;
}

export async function createQueue(
  sqs: SqsEndpoint,
  { name = `test-${randomUUID()}`, attributes = {} }: TestQueueOptions = {},
): Promise<TestQueue> {
  const client = new SQSClient({ endpoint: sqs.url, region: sqs.region, credentials: sqs });

  /** The address for clients, because fauxqs returns a host that doesn't exist. */
  async function create(QueueName: string, Attributes: Record<string, string>): Promise<string> {
    const { QueueUrl = '' } = await client.send(new CreateQueueCommand({ QueueName, Attributes }));
    return new URL(new URL(QueueUrl).pathname, sqs.url).href;
  }
  const deadLetterUrl = await create(`${name}-dead-letters`, deadLetterQueueAttributes());
  const { Attributes: { QueueArn = '' } = {} } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: deadLetterUrl, AttributeNames: ['QueueArn'] }),
  );
  const wanted = Object.entries({ ...queueAttributes({ deadLetterQueueArn: QueueArn }), ...attributes });
  const url = await create(
    name,
    Object.fromEntries(wanted.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]]))),
  );
  return {
    url,
    deadLetterUrl,
    sqs,
    client,
    async [Symbol.asyncDispose]() {
      for (const QueueUrl of [url, deadLetterUrl]) await client.send(new DeleteQueueCommand({ QueueUrl }));
      client.destroy();
    },
  };
}

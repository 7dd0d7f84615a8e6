import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type QueueAttributeName,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { SqsEndpoint } from '../../../../../../test/servers/sqs-endpoint.ts';
import type { SqsConfig } from '../../../run/config/sqs-config.ts';
import { nameFor, type Role } from './queue-target.ts';

/** For tests: a free name for a queue and its dead letter queue, which are removed on disposal. */
export interface QueueName extends AsyncDisposable {
  readonly name: string;
  readonly client: SQSClient;
  readonly sqs: SqsConfig;
  /** Creates one of the two with wrong attributes. */
  create(role: Role, attributes: Attributes): Promise<void>;
}

type Attributes = Readonly<Partial<Record<QueueAttributeName, string>>>;

export function freeQueueName(sqs: SqsEndpoint): QueueName {
  const client = new SQSClient({ endpoint: sqs.url, region: sqs.region, credentials: sqs });
  const name = `test-${randomUUID()}`;
  return {
    name,
    client,
    sqs: { url: `${sqs.url}/000000000000/${name}`, region: sqs.region, endpoint: null, caBundle: null },
    async create(role, attributes) {
      await client.send(new CreateQueueCommand({ QueueName: nameFor(role, { name }), Attributes: { ...attributes } }));
    },
    async [Symbol.asyncDispose]() {
      for (const role of ['queue', 'dead letter queue'] as const) {
        const QueueUrl = await urlOf(client, nameFor(role, { name }));
        if (QueueUrl) await client.send(new DeleteQueueCommand({ QueueUrl }));
      }
      client.destroy();
    },
  };
}

const urlOf = (client: SQSClient, QueueName: string): Promise<string | undefined> =>
  client.send(new GetQueueUrlCommand({ QueueName })).then(
    ({ QueueUrl }) => QueueUrl,
    (error: unknown) => {
      if (error instanceof Error && error.name === 'QueueDoesNotExist') return undefined;
      throw error;
    },
  );

/** Attributes that nobody configures, and times of changes. */
const NOT_CONFIGURED = /^(QueueArn|Approximate.*|.*Timestamp)$/;

/** The whole configuration of a queue, with parsed documents; undefined if there is no queue. */
export async function stateOf({ client, name }: Pick<QueueName, 'client' | 'name'>, role: Role) {
  const QueueUrl = await urlOf(client, nameFor(role, { name }));
  if (QueueUrl === undefined) return undefined;
  const { Attributes = {} } = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
  const configured = Object.entries(Attributes).filter(([attribute]) => !NOT_CONFIGURED.test(attribute));
  return Object.fromEntries(
    configured.map(([attribute, value]) => [attribute, /^\{/.test(value) ? (JSON.parse(value) as unknown) : value]),
  );
}

/** The operation that a request to SQS names. */
export const operationOf = ({ headers }: IncomingMessage): string =>
  String(headers['x-amz-target'] ?? '').replace(/^AmazonSQS\./, '');

/** An error in the format of Amazon. */
export function sendSqsError(outgoing: ServerResponse, name: string, message: string): undefined {
  const headers = { 'Content-Type': 'application/x-amz-json-1.0' };
  outgoing.writeHead(400, headers).end(JSON.stringify({ __type: `com.amazonaws.sqs#${name}`, message }));
}

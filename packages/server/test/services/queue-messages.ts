import { GetQueueAttributesCommand, ReceiveMessageCommand, SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import type { TestQueue } from '../../../../test/servers/queue.ts';

export interface DeadLetter {
  readonly body: string;
  readonly reason: string;
}

/** SQS's limit. */
const AT_ONCE = 10;

const textOf = (message: unknown): string => (typeof message === 'string' ? message : JSON.stringify(message));

/** Sends messages that the bucket did not, in this order, with neighbours in one batch. */
export async function tell({ client, url }: TestQueue, messages: readonly unknown[]): Promise<void> {
  for (let first = 0; first < messages.length; first += AT_ONCE) {
    const Entries = messages
      .slice(first, first + AT_ONCE)
      .map((message, index) => ({ Id: `${index}`, MessageBody: textOf(message) }));
    const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }));
    if (Failed.length > 0) throw new Error(`expected the queue to take all; it refused ${JSON.stringify(Failed)}`);
  }
}

/** Whether the queue has neither waiting nor leased messages. */
export async function isSettled({ client, url }: TestQueue): Promise<boolean> {
  const AttributeNames = [
    'ApproximateNumberOfMessages',
    'ApproximateNumberOfMessagesNotVisible',
    'ApproximateNumberOfMessagesDelayed',
  ] as const;
  const asked = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...AttributeNames] });
  const { Attributes = {} } = await client.send(asked);
  return AttributeNames.every((name) => Attributes[name] === '0');
}

/** The messages that were not received yet. */
export async function takeDeadLetters({ client, deadLetterUrl }: TestQueue): Promise<readonly DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for (;;) {
    const asked = new ReceiveMessageCommand({
      QueueUrl: deadLetterUrl,
      MaxNumberOfMessages: AT_ONCE,
      WaitTimeSeconds: 0,
      MessageAttributeNames: ['All'],
    });
    const { Messages = [] } = await client.send(asked);
    if (Messages.length === 0) return letters;
    for (const { Body: body = '', MessageAttributes = {} } of Messages) {
      letters.push({ body, reason: MessageAttributes['reason']?.StringValue ?? '' });
    }
  }
}

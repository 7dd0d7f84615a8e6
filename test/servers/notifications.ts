import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type Event, PutBucketNotificationConfigurationCommand } from '@aws-sdk/client-s3';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { TestBucket } from './bucket.ts';
import type { TestQueue } from './queue.ts';
import { createTopic, type Topic } from './topic.ts';

/**
 * A bridge that forwards Ceph's bucket events to a queue, as S3 does by itself. Ceph can send to HTTP servers only.
 * Forwarding stops when it is disposed of.
 */
export interface Notifications extends AsyncDisposable {
  /** The number of forwarded events. */
  readonly forwarded: number;
}

export interface NotificationsOptions {
  readonly bucket: Pick<TestBucket, 'name' | 's3' | 'client'>;
  readonly queue: Pick<TestQueue, 'url' | 'client'>;
  /** The key prefix of forwarded events. */
  readonly prefix?: string;
  readonly events?: readonly Event[];
}

const TRIES = 10;

export async function startNotifications({
  bucket,
  queue,
  prefix = 'incoming/',
  events = ['s3:ObjectCreated:*'],
}: NotificationsOptions): Promise<Notifications> {
  let forwarded = 0;
  // Ceph answers its client after our answer: when a PUT has returned, its event is in the queue.
  const server = createServer(async (incoming, outgoing) => {
    try {
      await queue.client.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: await text(incoming) }));
      forwarded += 1;
      outgoing.writeHead(200).end();
    } catch {
      outgoing.writeHead(503).end();
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  const { port } = server.address() as AddressInfo;

  const topic = await subscribe(`http://127.0.0.1:${port}/`, { bucket, prefix, events });

  return {
    get forwarded() {
      return forwarded;
    },
    async [Symbol.asyncDispose]() {
      await topic[Symbol.asyncDispose]();
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Ceph may lose one of two topics that are created concurrently; this detects it. */
async function subscribe(
  pushTo: string,
  { bucket, prefix, events }: Required<Omit<NotificationsOptions, 'queue'>>,
): Promise<Topic> {
  const Filter = { Key: { FilterRules: [{ Name: 'prefix', Value: prefix } as const] } };
  for (let tried = 1; ; tried += 1) {
    const topic = await createTopic(bucket.s3, { name: `test-${randomUUID()}`, pushTo });
    const configuration = { Id: 'uploads', TopicArn: topic.arn, Events: [...events], Filter };
    const command = new PutBucketNotificationConfigurationCommand({
      Bucket: bucket.name,
      NotificationConfiguration: { TopicConfigurations: [configuration] },
    });
    try {
      await bucket.client.send(command);
      return topic;
    } catch (error) {
      await topic[Symbol.asyncDispose]();
      if (tried === TRIES) throw error;
    }
  }
}

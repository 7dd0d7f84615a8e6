import { CreateTopicCommand, DeleteTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import type { S3Endpoint } from './s3-endpoint.ts';

/** Ceph sends bucket events to topics, and from there to an HTTP server: an API like SNS's. */
export interface Topic extends AsyncDisposable {
  readonly arn: string;
}

export interface TopicOptions {
  readonly name: string;
  /** The URL that receives each event by a POST. */
  readonly pushTo: string;
}

/** Ceph keeps all topics in one object, and answers one of two concurrent changes with a 500. */
const ATTEMPTS = 50;

export async function createTopic(s3: S3Endpoint, { name, pushTo }: TopicOptions): Promise<Topic> {
  const client = new SNSClient({ endpoint: s3.url, region: s3.region, credentials: s3, maxAttempts: ATTEMPTS });
  const Attributes = { 'push-endpoint': pushTo };
  const { TopicArn: arn = '' } = await client.send(new CreateTopicCommand({ Name: name, Attributes }));
  return {
    arn,
    async [Symbol.asyncDispose]() {
      await client.send(new DeleteTopicCommand({ TopicArn: arn }));
      client.destroy();
    },
  };
}

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { createBucket } from './bucket.ts';
import { NO_CEPH } from './ceph.ts';
import { NO_FAUXQS } from './fauxqs.ts';
import { startNotifications } from './notifications.ts';
import { createQueue, type TestQueue } from './queue.ts';
import { type S3ForTests, s3ForTests } from './s3-for-tests.ts';
import { type SqsForTests, sqsForTests } from './sqs-for-tests.ts';

interface Event {
  readonly Records: readonly { eventVersion: string; eventName: string; s3: { bucket: object; object: object } }[];
}

/** The queue's content: event and key of each message, which holds one. */
async function told({ client, url }: TestQueue): Promise<string[]> {
  const received = new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 });
  const { Messages = [] } = await client.send(received);
  return Messages.map(({ Body = '' }) => {
    const { Records } = JSON.parse(Body) as Event;
    return Records.map(({ eventName, s3 }) => `${eventName} ${Reflect.get(s3.object, 'key')}`).join();
  });
}

describe("Ceph's notifications", { skip: NO_CEPH || NO_FAUXQS }, () => {
  let s3Server: S3ForTests;
  let sqsServer: SqsForTests;
  before(async () => {
    [s3Server, sqsServer] = await Promise.all([s3ForTests(), sqsForTests()]);
  });
  after(async () => {
    await s3Server[Symbol.asyncDispose]();
    await sqsServer[Symbol.asyncDispose]();
  });

  it('are in the queue when a PUT under incoming/ returns, with the exact key, and for no other events', async () => {
    await using bucket = await createBucket(s3Server.s3);
    await using queue = await createQueue(sqsServer.sqs);
    await using notifications = await startNotifications({ bucket, queue });
    const put = (Key: string) => bucket.client.send(new PutObjectCommand({ Bucket: bucket.name, Key, Body: 'x' }));
    await put('incoming/ada%40x.test/ü a+b');
    assert.deepEqual(await told(queue), ['ObjectCreated:Put incoming/ada%40x.test/ü a+b']);
    await put('images/ada/1');
    await bucket.client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key: 'incoming/ada%40x.test/ü a+b' }));
    assert.deepEqual(await told(queue), []);
    assert.equal(notifications.forwarded, 1);
  });

  it('include copies and multipart uploads', async () => {
    await using bucket = await createBucket(s3Server.s3);
    await using queue = await createQueue(sqsServer.sqs);
    await using _notifications = await startNotifications({ bucket, queue });
    const at = (Key: string) => ({ Bucket: bucket.name, Key });
    const CopySource = `${bucket.name}/source`;
    await bucket.client.send(new PutObjectCommand({ ...at('source'), Body: 'x' }));
    await bucket.client.send(new CopyObjectCommand({ ...at('incoming/copy'), CopySource }));
    const parts = at('incoming/parts');
    const { UploadId } = await bucket.client.send(new CreateMultipartUploadCommand(parts));
    const { ETag } = await bucket.client.send(new UploadPartCommand({ ...parts, UploadId, PartNumber: 1, Body: 'x' }));
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await bucket.client.send(new CompleteMultipartUploadCommand({ ...parts, UploadId, MultipartUpload }));
    const events = (await told(queue)).toSorted();
    assert.ok(events.includes('ObjectCreated:Copy incoming/copy'), events.join());
    assert.ok(events.includes('ObjectCreated:CompleteMultipartUpload incoming/parts'), events.join());
  });

  it('end when they are disposed of', async () => {
    await using bucket = await createBucket(s3Server.s3);
    await using queue = await createQueue(sqsServer.sqs);
    const notifications = await startNotifications({ bucket, queue });
    await notifications[Symbol.asyncDispose]();
    await bucket.client.send(new PutObjectCommand({ Bucket: bucket.name, Key: 'incoming/late', Body: 'x' }));
    assert.deepEqual(await told(queue), []);
  });

  it('go only to the queue of their bucket', async () => {
    await using one = await createBucket(s3Server.s3);
    await using other = await createBucket(s3Server.s3);
    await using queue = await createQueue(sqsServer.sqs);
    await using otherQueue = await createQueue(sqsServer.sqs);
    await using _one = await startNotifications({ bucket: one, queue });
    await using _other = await startNotifications({ bucket: other, queue: otherQueue });
    await other.client.send(new PutObjectCommand({ Bucket: other.name, Key: 'incoming/1', Body: 'x' }));
    assert.deepEqual([await told(queue), await told(otherQueue)], [[], ['ObjectCreated:Put incoming/1']]);
  });
});

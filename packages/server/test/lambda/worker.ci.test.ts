import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { GetQueueAttributesCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { NO_FAUXQS } from '../../../../test/servers/fauxqs.ts';
import { startFront } from '../../../../test/servers/front.ts';
import { bringBatch } from '../../../../test/servers/lambda-event-source.ts';
import { SCHEDULED_EVENT } from '../../../../test/servers/lambda-schedule.ts';
import { startNotifications } from '../../../../test/servers/notifications.ts';
import { createQueue, type TestQueue } from '../../../../test/servers/queue.ts';
import { type SqsForTests, sqsForTests } from '../../../../test/servers/sqs-for-tests.ts';
import { UNREADABLE } from '../../src/jobs/dead-letter.ts';
import { MAX_ATTEMPTS } from '../../src/jobs/job-queue.ts';
import { S3_PROFILES } from '../../src/object-store/s3/capabilities.ts';
import { type Cloud, createCloud, NO_CLOUD } from '../services/cloud.ts';
import { createTestService, json, type TestService } from '../services/service.ts';
import { type BuiltFunction, buildFunction, type DeployedFunction, deployFunction } from './function.ts';

const jpeg = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));
const html = new Uint8Array(Buffer.from('<html>no image</html>'));

/** No lifecycle rule removes objects under `incoming/`: an instance's first sweep lists and removes them. */
const WITHOUT_LIFECYCLE = { S3_LACKS: [...S3_PROFILES.ceph, 'lifecycle'].join() };

/** Longer than the test: a redelivered message was made visible by the function. */
const VISIBILITY_SECONDS = 3_600;
/** SQS's longest wait; it answers as soon as there is a message. */
const LONG_POLL_SECONDS = 20;

interface Worker extends DeployedFunction {
  readonly queue: TestQueue;
}

describe('the worker function', { skip: NO_CLOUD || NO_FAUXQS }, () => {
  let built: BuiltFunction;
  let sqsServer: SqsForTests;
  let cloud: Cloud;
  let service: TestService;
  before(async () => {
    [built, sqsServer, cloud] = await Promise.all([buildFunction('worker'), sqsForTests(), createCloud()]);
    service = await createTestService({ environment: cloud.environment });
  });
  after(async () => {
    await service[Symbol.asyncDispose]();
    await cloud[Symbol.asyncDispose]();
    await sqsServer[Symbol.asyncDispose]();
    await built[Symbol.asyncDispose]();
  });

  /** With a new queue. */
  const startWorker = async (environment: Readonly<Record<string, string>> = {}): Promise<Worker> => {
    await using stack = new AsyncDisposableStack();
    const queue = stack.use(await createQueue(sqsServer.sqs));
    const settings = { ...cloud.environment, ...WITHOUT_LIFECYCLE, SQS_QUEUE_URL: queue.url, ...environment };
    const worker = stack.use(await deployFunction(built, settings));
    const held = stack.move();
    return { ...worker, queue, [Symbol.asyncDispose]: () => held.disposeAsync() };
  };

  /** An upload with its bytes. */
  const arrived = async (bytes = jpeg) => {
    const asked = json({ user_id: 'ada', content_type: 'image/jpeg' });
    const grant = (await (await service.request('/images/upload', asked)).json()) as {
      image_id: string;
      upload_url: string;
      headers: Record<string, string>;
    };
    const put = await fetch(grant.upload_url, { method: 'PUT', headers: grant.headers, body: bytes });
    assert.equal(put.status, 200);
    return grant.image_id as Parameters<TestService['services']['images']['get']>[0];
  };
  type ImageId = Awaited<ReturnType<typeof arrived>>;
  const statusesOf = (...ids: ImageId[]) =>
    Promise.all(ids.map(async (id) => (await service.services.images.get(id))?.status));

  const finalize = (image_id: string) => JSON.stringify({ kind: 'finalize', image_id });
  const send = async ({ client, url }: TestQueue, ...bodies: string[]) => {
    for (const body of bodies) await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: body }));
  };
  /** Delivers the next batch, like Lambda; returns the bodies of the messages that remain in the queue. */
  const work = async ({ queue, lambda }: Worker) => {
    const how = { waitSeconds: LONG_POLL_SECONDS, visibilitySeconds: VISIBILITY_SECONDS };
    const { records, outcome, left } = await bringBatch({ queue, to: lambda }, how);
    assert.equal(outcome?.kind, 'answered', JSON.stringify(outcome));
    return { count: records.length, records, left: left.map(({ body }) => body) };
  };
  const remaining = async ({ client, url }: TestQueue) => {
    const AttributeNames = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
    const asked = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...AttributeNames] });
    const { Attributes = {} } = await client.send(asked);
    return AttributeNames.reduce((sum, name) => sum + Number(Attributes[name]), 0);
  };
  const deadLetters = async ({ client, deadLetterUrl }: TestQueue) => {
    const asked = { QueueUrl: deadLetterUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] };
    const { Messages = [] } = await client.send(new ReceiveMessageCommand(asked));
    return Messages.map(({ Body, MessageAttributes = {} }) => [Body, MessageAttributes['reason']?.StringValue]);
  };

  /** A proxy to the store that blocks requests with a URL that contains an element of `shut`. */
  const startWay = async () => {
    const shut = new Set<string>();
    const front = await startFront(({ url = '' }, outgoing) => {
      if (![...shut].some((text) => decodeURIComponent(url).includes(text))) return cloud.bucket.s3.url;
      outgoing.writeHead(503).end();
      return undefined;
    });
    return { shut, url: front.url, [Symbol.asyncDispose]: () => front[Symbol.asyncDispose]() };
  };

  it('does the jobs of a batch, leaves the failing one, and moves poison away with its reason', async () => {
    await using way = await startWay();
    await using worker = await startWorker({ AWS_ENDPOINT_URL: way.url });
    const { queue } = worker;
    const [good, bad, cut] = [await arrived(), await arrived(html), await arrived()];
    way.shut.add(cut);
    const unknown = '01a1f9e2-83c7-7175-a4c3-835caa49207c';
    const testEvent = JSON.stringify({ Service: 'Amazon S3', Event: 's3:TestEvent' });
    await send(queue, 'not a job', finalize(cut), finalize(good), finalize(bad), finalize(unknown), testEvent);

    const { count, left } = await work(worker);
    assert.deepEqual([count, left], [6, [finalize(cut)]]);
    assert.deepEqual(await statusesOf(good, bad, cut), ['ready', 'rejected', 'pending']);
    assert.deepEqual(await deadLetters(queue), [['not a job', `${UNREADABLE}: no JSON object`]]);
    assert.equal(await remaining(queue), 1);
  });

  it('leaves a job of another version in the queue', async () => {
    await using worker = await startWorker();
    const repaint = '{"kind":"repaint"}';
    await send(worker.queue, repaint);
    const { count, left } = await work(worker);
    assert.deepEqual([count, left], [1, [repaint]]);
    assert.equal(await remaining(worker.queue), 1);
    assert.deepEqual(await deadLetters(worker.queue), []);
  });

  it('has a failed job redelivered soon, as another attempt', async () => {
    await using way = await startWay();
    await using worker = await startWorker({ AWS_ENDPOINT_URL: way.url });
    const id = await arrived();
    await send(worker.queue, finalize(id));
    way.shut.add(id);
    for (const attempt of ['1', '2']) {
      const { records, left } = await work(worker);
      assert.deepEqual(
        records.map(({ attributes }) => attributes['ApproximateReceiveCount']),
        [attempt],
      );
      assert.deepEqual(left, [finalize(id)]);
    }
    way.shut.clear();
    const { records, left } = await work(worker);
    assert.deepEqual([records[0]?.attributes['ApproximateReceiveCount'], left], ['3', []]);
    assert.deepEqual(await statusesOf(id), ['ready']);
    assert.equal(await remaining(worker.queue), 0);
  });

  it('gives up a job after its last attempt, and logs its failure', async () => {
    await using way = await startWay();
    await using worker = await startWorker({ AWS_ENDPOINT_URL: way.url });
    const { queue } = worker;
    const id = await arrived();
    await send(queue, finalize(id));
    way.shut.add(id);
    const again = { QueueUrl: queue.url, VisibilityTimeout: 0, WaitTimeSeconds: LONG_POLL_SECONDS };
    for (let attempt = 1; attempt < MAX_ATTEMPTS; attempt += 1) {
      const { Messages } = await queue.client.send(new ReceiveMessageCommand(again));
      assert.equal(Messages?.length, 1);
    }
    await work(worker);
    const [[body, reason] = [], ...others] = await deadLetters(queue);
    assert.deepEqual([body, others], [finalize(id), []]);
    assert.match(reason ?? '', /: expected the store to answer; got 503/);
    assert.equal(await remaining(queue), 0);
  });

  it('receives the bucket’s events', async () => {
    await using worker = await startWorker();
    const { queue } = worker;
    await using notifications = await startNotifications({ bucket: cloud.bucket, queue });
    const [good, bad] = [await arrived(), await arrived(html)];
    while ((await remaining(queue)) > 0) assert.deepEqual((await work(worker)).left, []);
    assert.equal(notifications.forwarded, 2);
    assert.deepEqual(await statusesOf(good, bad), ['ready', 'rejected']);
    assert.deepEqual(await deadLetters(queue), []);
  });

  it('sweeps on schedule, and another instance after it', async () => {
    await using one = await startWorker();
    await using other = await startWorker();
    for (const { lambda } of [one, other]) {
      const id = await arrived();
      const outcome = await lambda.invoke(SCHEDULED_EVENT);
      assert.equal(outcome.kind, 'answered');
      assert.deepEqual(await statusesOf(id), ['ready']);
    }
  });

  it('fails on an unknown event, so that it is noticed', async () => {
    await using worker = await startWorker();
    const outcome = await worker.lambda.invoke({ 'detail-type': 'Weather' });
    assert.equal(outcome.kind, 'failed');
  });

  it('has little code', () => {
    assert.ok(built.codeBytes <= 3.25 * 1_048_576, `${built.codeBytes} bytes of code`);
  });
});

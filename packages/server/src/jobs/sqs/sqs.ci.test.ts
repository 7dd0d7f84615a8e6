import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type FauxqsServer, NO_FAUXQS, startFauxqs } from '../../../../../test/servers/fauxqs.ts';
import { startFront } from '../../../../../test/servers/front.ts';
import type { TestQueue } from '../../../../../test/servers/queue.ts';
import { incomingKey } from '../../domain/image/object-key.ts';
import { describeJobQueue } from '../job-queue.contract.ts';
import { MAX_ATTEMPTS } from '../job-queue.ts';
import { assertNothing, takeOne } from '../job-queue-harness.fixture.ts';
import { sampleJob } from '../sample-job.fixture.ts';
import { MAX_RECEIVES } from './attributes.ts';
import { AMAZON_TEST_EVENT, amazonRecord, cephRecord } from './bucket-events.fixture.ts';
import type { ReceivedMessage } from './delivery.ts';
import { createFaultyClient } from './faults.fixture.ts';
import { createSqsHarness } from './sqs-harness.fixture.ts';

describe('SQS', { skip: NO_FAUXQS }, () => {
  /** A server for this file alone: its tests move the clock, one after the other. */
  let server: FauxqsServer;
  before(async () => {
    server = await startFauxqs();
  });
  /** An abandoned request takes 5 s to end, which no test waits for. */
  const endings: Promise<PromiseSettledResult<void>[]>[] = [];
  after(async () => {
    const outcomes = (await Promise.all(endings)).flat();
    await server[Symbol.asyncDispose]();
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  });

  describeJobQueue('SQS', async () => {
    const harness = await createSqsHarness(server);
    const end = async () => void endings.push(Promise.allSettled([harness[Symbol.asyncDispose]()]));
    return { ...harness, [Symbol.asyncDispose]: end };
  });

  describe('a receiver that aborts', () => {
    const leave = async () => {
      const { client, begun } = createFaultyClient(server.sqs);
      const harness = await createSqsHarness(server, { client });
      const stop = new AbortController();
      const isWaiting = begun('ReceiveMessage');
      const waiting = harness.jobs.receive({ limit: 10, waitSeconds: 20, signal: stop.signal });
      await isWaiting;
      stop.abort();
      assert.deepEqual(await waiting, []);
      return harness;
    };

    it('returns the messages that its request still receives', async () => {
      await using harness = await leave();
      const job = sampleJob();
      await harness.jobs.send(job);
      assert.deepEqual((await takeOne(harness.jobs)).job, job);
    });

    it('has returned them when the queue is closed', async () => {
      await using harness = await leave();
      await harness.jobs.send(sampleJob());
      await harness.jobs[Symbol.asyncDispose]();
      await receiveRaw(harness.queue);
    });
  });

  describe('an event of a bucket', () => {
    const { imageId } = sampleJob();
    const key = incomingKey('ada', imageId);

    it('is delivered as an arrival, which ends like any job', async () => {
      await using harness = await createSqsHarness(server);
      await harness.sendBody(JSON.stringify({ Records: [cephRecord({ key })] }));
      const delivery = await takeOne(harness.jobs);
      assert.deepEqual(delivery.job, { kind: 'arrival', arrivals: [{ bucket: 'images', keys: [key] }] });
      await delivery.retry('the store is slow today');
      await harness.pastBackoff(1);
      await (await takeOne(harness.jobs)).finish();
      await assertNothing(harness.jobs);
    });

    it('is deleted if it needs no work', async () => {
      await using harness = await createSqsHarness(server);
      await harness.sendBody(JSON.stringify(AMAZON_TEST_EVENT));
      await harness.sendBody(JSON.stringify({ Records: [amazonRecord({ key: 'logs/today' })] }));
      await assertNothing(harness.jobs);
      assert.deepEqual(await countsOf(harness.queue), ['0', '0']);
      assert.deepEqual(await harness.deadLetters(), []);
    });

    it('of an unknown version becomes a dead letter with that reason', async () => {
      await using harness = await createSqsHarness(server);
      const body = JSON.stringify({ Records: [amazonRecord({ key, eventVersion: '3.0' })] });
      await harness.sendBody(body);
      await assertNothing(harness.jobs);
      const [letter, ...others] = await harness.deadLetters();
      assert.deepEqual([letter?.job, others], [body, []]);
      assert.match(letter?.reason ?? '', /a record of the version "3\.0"; expected 2\.x$/);
    });
  });

  it('does not count dead letters for a role that may not, and warns once', async () => {
    const refused = {
      __type: 'com.amazonaws.sqs#AccessDenied',
      message: 'User is not authorized to perform: sqs:getqueueattributes',
    };
    await using front = await startFront(({ headers }, outgoing) => {
      if (headers['x-amz-target'] !== 'AmazonSQS.GetQueueAttributes') return server.sqs.url;
      outgoing.writeHead(403, { 'Content-Type': 'application/x-amz-json-1.0' }).end(JSON.stringify(refused));
      return undefined;
    });
    const client = new SQSClient({ endpoint: front.url, region: server.sqs.region, credentials: server.sqs });
    await using harness = await createSqsHarness(server, { client });
    for (let times = 0; times < 3; times += 1) assert.equal(await harness.jobs.countDeadLetters(), undefined);
    const [warning, ...more] = harness.events;
    assert.ok(warning?.event === 'warning', `expected a warning; got ${warning?.event}`);
    assert.match(warning.sentence, /needs sqs:GetQueueAttributes on the queue \S+-dead-letters\./);
    assert.deepEqual(more, []);
    await harness.jobs.send(sampleJob());
    await (await takeOne(harness.jobs)).finish();
  });

  describe('a message that Lambda received', () => {
    it('is a delivery like any other', async () => {
      await using harness = await createSqsHarness(server);
      const job = sampleJob();
      await harness.jobs.send(job);
      const delivery = await harness.jobs.deliver(await receiveRaw(harness.queue));
      assert.ok(typeof delivery === 'object');
      assert.deepEqual([delivery.job, delivery.attempt], [job, 1]);
      await delivery.finish();
      await assertNothing(harness.jobs);
    });

    it('becomes a dead letter after its last attempt, with the beginning of the reason', async () => {
      await using harness = await createSqsHarness(server);
      const job = sampleJob();
      await harness.jobs.send(job);
      const message = await receiveRaw(harness.queue);
      const delivery = await harness.jobs.deliver({ ...message, receiveCount: MAX_ATTEMPTS });
      assert.ok(typeof delivery === 'object');
      await delivery.retry(`\0 \u{1b} \ud800 \ufffe 😀 ${'x'.repeat(300_000)}`);
      const [letter, ...others] = await harness.deadLetters();
      assert.deepEqual([letter?.job, others], [job, []]);
      assert.match(letter?.reason ?? '', /^\ufffd \ufffd \ufffd \ufffd 😀 x{900,1000}$/);
    });

    it('with an unknown job stays in the queue, after any number of receives', async () => {
      await using harness = await createSqsHarness(server, { pause: () => 0 });
      await harness.sendBody('{"kind":"repaint"}');
      for (const receiveCount of [1, MAX_ATTEMPTS, MAX_ATTEMPTS + 1, MAX_RECEIVES]) {
        const message = await receiveRaw(harness.queue);
        assert.equal(await harness.jobs.deliver({ ...message, receiveCount }), 'again');
      }
      assert.deepEqual(await harness.deadLetters(), []);
    });

    it('becomes a dead letter only by the receiver that currently holds it', async () => {
      await using harness = await createSqsHarness(server);
      await harness.jobs.send(sampleJob());
      const slow = await receiveRaw(harness.queue, 0);
      await receiveRaw(harness.queue);
      const delivery = await harness.jobs.deliver({ ...slow, receiveCount: MAX_ATTEMPTS });
      assert.ok(typeof delivery === 'object');
      await delivery.retry('too late');
      await harness.jobs.deliver({ ...slow, receiveCount: MAX_ATTEMPTS + 1 });
      await harness.jobs.deliver({ ...slow, body: 'no job' });
      assert.deepEqual(await harness.deadLetters(), []);
    });

    it('becomes a dead letter even without a reason', async () => {
      await using harness = await createSqsHarness(server);
      await harness.jobs.send(sampleJob());
      const message = await receiveRaw(harness.queue);
      const delivery = await harness.jobs.deliver({ ...message, receiveCount: MAX_ATTEMPTS });
      assert.ok(typeof delivery === 'object');
      await delivery.retry('');
      assert.deepEqual(
        (await harness.deadLetters()).map(({ reason }) => reason),
        ['none was given'],
      );
    });
  });
});

/** The numbers of available and of hidden messages. */
async function countsOf({ client, url }: TestQueue): Promise<(string | undefined)[]> {
  const asked = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] });
  const { Attributes = {} } = await client.send(asked);
  return [Attributes.ApproximateNumberOfMessages, Attributes.ApproximateNumberOfMessagesNotVisible];
}

/** Receives a message in the form in which SQS passes it to a Lambda function, and hides it for a while. */
async function receiveRaw({ client, url }: TestQueue, VisibilityTimeout = 30): Promise<ReceivedMessage> {
  const { Messages: [message] = [] } = await client.send(
    new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 0, VisibilityTimeout }),
  );
  assert.ok(message?.Body && message.ReceiptHandle, 'expected a message; got none');
  return { body: message.Body, receiptHandle: message.ReceiptHandle, receiveCount: 1 };
}

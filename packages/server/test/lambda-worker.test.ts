import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { S3_PROFILES } from '../src/object-store/s3-capabilities.ts';
import { NO_CLOUD } from './cloud.ts';
import { startForgetfulWay } from './forgetful-way.ts';
import { type BuiltFunction, buildFunction, type FunctionInCloud, startFunction } from './lambda-function.ts';
import { createTestService, json, type TestService } from './service.ts';
import { testImage } from './test-images.ts';

const jpeg = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));

/** With nothing that removes what lies in `incoming/` but the sweep itself, which therefore looks there. */
const WITHOUT_LIFECYCLE = { S3_LACKS: [...S3_PROFILES.ceph, 'lifecycle'].join() };

const queued = (messages: Readonly<Record<string, string>>) => ({
  Records: Object.entries(messages).map(([messageId, body]) => ({
    messageId,
    body,
    receiptHandle: messageId,
    attributes: { ApproximateReceiveCount: '1' },
    eventSource: 'aws:sqs',
  })),
});

describe('the worker function', { skip: NO_CLOUD }, () => {
  let built: BuiltFunction;
  let worker: FunctionInCloud;
  let service: TestService;
  before(async () => {
    built = await buildFunction('worker');
    worker = await startFunction(built, WITHOUT_LIFECYCLE);
    service = await createTestService({ environment: worker.cloud.environment });
  });
  after(async () => {
    await service[Symbol.asyncDispose]();
    await worker[Symbol.asyncDispose]();
    await built[Symbol.asyncDispose]();
  });

  /** An upload whose bytes came, and of which nobody was told. */
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
  const statusOf = async (id: Awaited<ReturnType<typeof arrived>>) => (await service.services.images.get(id))?.status;
  /** What the bucket says of it. */
  const arrival = (id: string) => {
    const s3 = { bucket: { name: worker.cloud.bucket.name }, object: { key: `incoming/ada/${id}` } };
    return JSON.stringify({ Records: [{ eventVersion: '2.1', eventName: 'ObjectCreated:Put', s3 }] });
  };
  const finalize = (image_id: string) => JSON.stringify({ kind: 'finalize', image_id });

  it('does the jobs of a batch, and asks again for those messages only that were not done', async () => {
    const [good, told, bad] = [await arrived(), await arrived(), await arrived(new Uint8Array(Buffer.from('<html>')))];
    const event = queued({
      one: finalize(good),
      poison: 'not a job',
      event: arrival(told),
      two: finalize(bad),
      gone: finalize('01a1f9e2-83c7-7175-a4c3-835caa49207c'),
      test: JSON.stringify({ Service: 'Amazon S3', Event: 's3:TestEvent' }),
    });
    const outcome = await worker.lambda.invoke(event);
    const result = { batchItemFailures: [{ itemIdentifier: 'poison' }] };
    assert.deepEqual(outcome, { kind: 'answered', result });
    assert.deepEqual(await Promise.all([good, told, bad].map(statusOf)), ['ready', 'ready', 'rejected']);
  });

  it('asks again for a job while the store is away', async () => {
    const s3 = await startForgetfulWay(worker.environment['AWS_ENDPOINT_URL'] ?? '');
    await using cutOff = await startFunction(built, { ...worker.environment, AWS_ENDPOINT_URL: s3.url });
    const [one, other] = [await arrived(), await arrived()];
    const done = { kind: 'answered', result: { batchItemFailures: [] } };
    assert.deepEqual(await cutOff.lambda.invoke(queued({ one: finalize(one) })), done);
    await s3[Symbol.asyncDispose]();
    assert.deepEqual(await cutOff.lambda.invoke(queued({ gone: 'x', other: finalize(other) })), {
      kind: 'answered',
      result: { batchItemFailures: [{ itemIdentifier: 'gone' }, { itemIdentifier: 'other' }] },
    });
    assert.deepEqual([await statusOf(one), await statusOf(other)], ['ready', 'pending']);
  });

  it('sweeps when the schedule says so', async () => {
    const id = await arrived();
    const event = { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} };
    const outcome = await worker.lambda.invoke(event);
    assert.equal(outcome.kind, 'answered');
    assert.equal(await statusOf(id), 'ready');
  });

  it('fails on what it does not know, so that somebody hears of it', async () => {
    const outcome = await worker.lambda.invoke({ 'detail-type': 'Weather' });
    assert.equal(outcome.kind, 'failed');
  });

  it('starts quickly, with little code', (t) => {
    const initMs = worker.lambda.instances().map((one) => Math.round(one.initMs));
    t.diagnostic(`${initMs.join(', ')} ms from process start to ready`);
    assert.ok(built.codeBytes <= 3 * 1_048_576, `${built.codeBytes} bytes of code`);
  });
});

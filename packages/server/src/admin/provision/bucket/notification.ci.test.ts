import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import {
  GetBucketNotificationConfigurationCommand,
  type NotificationConfiguration,
  PutBucketNotificationConfigurationCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { createBucket, type TestBucket } from '../../../../../../test/servers/bucket.ts';
import { NO_CEPH } from '../../../../../../test/servers/ceph.ts';
import { type S3ForTests, s3ForTests } from '../../../../../../test/servers/s3-for-tests.ts';
import { createTopic } from '../../../../../../test/servers/topic.ts';
import { type Capability, S3_PROFILES } from '../../../object-store/s3/capabilities.ts';
import { addressOf } from '../../../object-store/s3/s3-harness.fixture.ts';
import { startStoreFront } from '../../../object-store/s3/store-front.fixture.ts';
import type { Outcome } from '../make-right.ts';
import { type ProvisionBucketOptions, provisionBucket } from './provision-bucket.ts';

const QUEUE = { name: 'jobs', arn: 'arn:aws:sqs:us-east-1:111122223333:jobs' };

/** The features that Ceph lacks, except queue notifications, which a front provides. */
const LACKS: readonly Capability[] = S3_PROFILES.ceph.filter((one) => one !== 'notifications');

/** The error of S3 for a queue that it cannot send to. */
const UNVALIDATED = 'Unable to validate the following destination configurations';

/** A bucket behind a front that stores its notifications like S3, including those to queues. */
interface NotifyingBucket extends AsyncDisposable {
  provision(options?: Partial<ProvisionBucketOptions>): Promise<Outcome | undefined>;
  get(): Promise<NotificationConfiguration>;
  put(configuration: NotificationConfiguration): Promise<void>;
  /** Makes the next `times` writes fail, as if S3 could not send to the queue. */
  refuse(times: number): void;
}

async function notifyingBucket(server: S3ForTests): Promise<NotifyingBucket> {
  await using stack = new AsyncDisposableStack();
  const bucket = stack.use(await createBucket(server.s3));
  let kept = '<NotificationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>';
  let refusals = 0;
  const put = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const body = await text(incoming);
    if (refusals > 0) {
      refusals -= 1;
      outgoing.writeHead(400, { 'Content-Type': 'application/xml' });
      outgoing.end(`<Error><Code>InvalidArgument</Code><Message>${UNVALIDATED}</Message></Error>`);
      return;
    }
    kept = body;
    outgoing.end();
  };
  const front = stack.use(
    await startStoreFront({
      to: server.s3.url,
      answer(incoming, outgoing) {
        if (!new URL(incoming.url ?? '', 'http://store').searchParams.has('notification')) return 'left';
        if (incoming.method === 'PUT') void put(incoming, outgoing);
        else outgoing.writeHead(200, { 'Content-Type': 'application/xml' }).end(kept);
        return 'answered';
      },
    }),
  );
  const { region } = server.s3;
  const client = new S3Client({ endpoint: front.url, region, credentials: server.s3, forcePathStyle: true });
  stack.defer(() => client.destroy());
  const held = stack.move();
  const Bucket = bucket.name;
  return {
    provision: (options) => provision(bucket, { endpoint: front.url, lacks: LACKS, ...options }),
    async get() {
      const { $metadata: _, ...rest } = await client.send(new GetBucketNotificationConfigurationCommand({ Bucket }));
      return rest;
    },
    async put(NotificationConfiguration) {
      await client.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }));
    },
    refuse(times) {
      refusals = times;
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** Provisions the bucket, and returns the outcome of its notification. */
async function provision(
  bucket: Pick<TestBucket, 's3' | 'name'>,
  options: Partial<ProvisionBucketOptions> & { readonly endpoint?: string; readonly lacks?: readonly Capability[] },
): Promise<Outcome | undefined> {
  const { endpoint = bucket.s3.url, lacks = LACKS, ...rest } = options;
  const s3 = { ...addressOf(bucket), endpoint, lacks };
  const given = {
    s3,
    awsKeys: bucket.s3,
    origins: ['http://localhost:*'],
    presignedSeconds: 300,
    uploadPartsHours: 20,
    queue: QUEUE,
    mode: 'apply',
    ...rest,
  } as const;
  return (await provisionBucket(given)).outcomes.find(({ aspect }) => aspect === 'notification');
}

const changed = (others: number): Outcome => ({
  aspect: 'notification',
  kind: 'compared',
  difference: [`safelight, beside ${others} others: what arrives in incoming/, to jobs`],
  except: [],
});
const RIGHT: Outcome = { aspect: 'notification', kind: 'compared', difference: [], except: [] };

const under = (Value: string) => ({ Key: { FilterRules: [{ Name: 'prefix' as const, Value }] } });
const OURS = {
  Id: 'safelight',
  QueueArn: QUEUE.arn,
  Events: ['s3:ObjectCreated:*' as const],
  Filter: under('incoming/'),
};

describe('npm run admin -- provision of a notification', { skip: NO_CEPH, concurrency: true }, () => {
  let server: S3ForTests;
  before(async () => {
    server = await s3ForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  it('configures the queue, and changes nothing the second time', async () => {
    await using bucket = await notifyingBucket(server);
    assert.deepEqual(await bucket.provision(), changed(0));
    assert.deepEqual(await bucket.get(), { QueueConfigurations: [OURS] });
    bucket.refuse(1);
    assert.deepEqual(await bucket.provision({ waitMs: 0 }), RIGHT);
  });

  it('reports in a dry run what it would change, even for a missing queue, and changes nothing', async () => {
    await using bucket = await notifyingBucket(server);
    const queue = { ...QUEUE, arn: undefined };
    assert.deepEqual(await bucket.provision({ queue, mode: 'dry-run' }), changed(0));
    assert.deepEqual(await bucket.get(), {});
  });

  it('does nothing without a queue', async () => {
    await using bucket = await notifyingBucket(server);
    assert.equal(await bucket.provision({ queue: null }), undefined);
    assert.deepEqual(await bucket.get(), {});
  });

  for (const [what, drift] of [
    ['to another queue', { QueueArn: `${QUEUE.arn}-of-before` }],
    ['of fewer events', { Events: ['s3:ObjectCreated:Put' as const] }],
    ['of everything', { Filter: undefined }],
    ['of another prefix', { Filter: under('images/') }],
  ] as const) {
    it(`corrects its own notification ${what}`, async () => {
      await using bucket = await notifyingBucket(server);
      const { Events, Filter, ...rest } = { ...OURS, ...drift };
      await bucket.put({ QueueConfigurations: [{ ...rest, Events: [...Events], ...(Filter && { Filter }) }] });
      assert.deepEqual(await bucket.provision(), changed(0));
      assert.deepEqual(await bucket.get(), { QueueConfigurations: [OURS] });
    });
  }

  const topic = { Id: 'theirs', TopicArn: 'arn:aws:sns:us-east-1:111122223333:mail' };
  const lambda = { Id: 'theirs', LambdaFunctionArn: 'arn:aws:lambda:us-east-1:111122223333:function:scan' };
  const queue = { Id: 'theirs', QueueArn: 'arn:aws:sqs:us-east-1:111122223333:audit' };

  it('keeps the notifications of others, of all kinds', async () => {
    await using bucket = await notifyingBucket(server);
    const others: NotificationConfiguration = {
      TopicConfigurations: [{ ...topic, Events: ['s3:ObjectRemoved:*'], Filter: under('incoming/') }],
      LambdaFunctionConfigurations: [{ ...lambda, Events: ['s3:ObjectCreated:*'], Filter: under('logs/') }],
      QueueConfigurations: [{ ...queue, Events: ['s3:ObjectCreated:Put'], Filter: under('images/') }],
      EventBridgeConfiguration: {},
    };
    await bucket.put(others);
    assert.deepEqual(await bucket.provision(), changed(3));
    const both = { ...others, QueueConfigurations: [...(others.QueueConfigurations ?? []), OURS] };
    assert.deepEqual(await bucket.get(), both);
    assert.deepEqual(await bucket.provision(), RIGHT);
  });

  const created = ['s3:ObjectCreated:Put' as const];
  const conflicts: readonly (readonly [string, NotificationConfiguration])[] = [
    [topic.TopicArn, { TopicConfigurations: [{ ...topic, Events: created }] }],
    [lambda.LambdaFunctionArn, { LambdaFunctionConfigurations: [{ ...lambda, Events: created, Filter: under('in') }] }],
    [queue.QueueArn, { QueueConfigurations: [{ ...queue, Events: created, Filter: under('incoming/ada/') }] }],
  ];
  for (const [arn, configuration] of conflicts) {
    it(`names a conflicting notification: ${arn}`, async () => {
      await using bucket = await notifyingBucket(server);
      await bucket.put(configuration);
      const before = await bucket.get();
      for (const mode of ['dry-run', 'apply'] as const) {
        await assert.rejects(bucket.provision({ mode }), {
          code: 'unavailable',
          detail: new RegExp(
            `^The bucket \\S+ already tells ${arn} of what arrives in incoming/ \\(its notification theirs\\)`,
          ),
        });
      }
      assert.deepEqual(await bucket.get(), before);
    });
  }

  it('accepts an equal notification under any id, with filter names as S3 writes them', async () => {
    await using bucket = await notifyingBucket(server);
    const FilterRules = [{ Name: 'Prefix' as 'prefix', Value: 'incoming/' }];
    await bucket.put({ QueueConfigurations: [{ ...OURS, Id: 'by-terraform', Filter: { Key: { FilterRules } } }] });
    assert.deepEqual(await bucket.provision(), RIGHT);
  });

  it('waits until the policy of the queue is effective, but not forever', async () => {
    await using bucket = await notifyingBucket(server);
    bucket.refuse(3);
    assert.deepEqual(await bucket.provision(), changed(0));
    assert.deepEqual(await bucket.get(), { QueueConfigurations: [OURS] });

    bucket.refuse(Number.POSITIVE_INFINITY);
    const elsewhere = { name: 'far', arn: 'arn:aws:sqs:eu-north-1:111122223333:far' };
    await assert.rejects(bucket.provision({ queue: elsewhere, waitMs: 0 }), {
      code: 'unavailable',
      detail: `S3 can't send to the queue far (${UNVALIDATED}): it must be in the bucket's region and account, and the policy of a KMS key that it has must let s3.amazonaws.com use it`,
    });
  });

  describe('on Ceph itself', () => {
    const left = (why: string): Outcome => ({ aspect: 'notification', kind: 'left-out', why });

    it('is left out, since Ceph cannot notify queues', async () => {
      await using bucket = await createBucket(server.s3);
      const outcome = await provision(bucket, { lacks: S3_PROFILES.ceph });
      assert.deepEqual(outcome, left('this store lacks notifications'));
    });

    it('names the feature to add to S3_LACKS', async () => {
      await using bucket = await createBucket(server.s3);
      await assert.rejects(provision(bucket, {}), {
        detail:
          /^The store says MalformedXML \(notification: .*\); if it can't do that, set S3_LACKS=\S*,notifications$/,
      });
    });

    it('detects a conflicting notification to a topic', async () => {
      await using bucket = await createBucket(server.s3);
      await using pushed = await createTopic(server.s3, {
        name: `test-${randomUUID()}`,
        pushTo: 'http://127.0.0.1:9/',
      });
      const TopicConfigurations = [{ Id: 'theirs', TopicArn: pushed.arn, Events: created, Filter: under('incoming/') }];
      const NotificationConfiguration = { TopicConfigurations };
      await bucket.client.send(
        new PutBucketNotificationConfigurationCommand({ Bucket: bucket.name, NotificationConfiguration }),
      );
      await assert.rejects(provision(bucket, {}), {
        detail: /already tells \S+ of what arrives .* notification theirs\)/,
      });
    });
  });
});

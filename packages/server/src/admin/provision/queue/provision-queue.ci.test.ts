import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { QueueAttributeName } from '@aws-sdk/client-sqs';
import { NO_FAUXQS } from '../../../../../../test/servers/fauxqs.ts';
import { startFront } from '../../../../../../test/servers/front.ts';
import { type SqsForTests, sqsForTests } from '../../../../../../test/servers/sqs-for-tests.ts';
import { openSqsJobQueue } from '../../../jobs/sqs/open.ts';
import { S3_PROFILES } from '../../../object-store/s3/capabilities.ts';
import { hearing } from '../../../observe/observer/hearing.fixture.ts';
import { JOB_CODEC } from '../../../run/jobs.ts';
import { report } from '../report.ts';
import { type ProvisionQueueOptions, provisionQueue } from './provision-queue.ts';
import { freeQueueName, operationOf, type QueueName, sendSqsError, stateOf } from './provisioned-queue.fixture.ts';
import type { Role } from './queue-target.ts';

const awsKeys = { accessKeyId: 'key', secretAccessKey: 'secret' };
const ROLES: readonly Role[] = ['queue', 'dead letter queue'];
const BUCKET = { bucket: 'images', region: 'us-east-1', lacks: [] };

const run = ({ sqs }: QueueName, options: Partial<ProvisionQueueOptions> = {}) =>
  provisionQueue({ sqs, bucket: BUCKET, awsKeys, mode: 'apply', ...options });

async function changesBy(queue: QueueName, options: Partial<ProvisionQueueOptions> = {}): Promise<string[]> {
  const { outcomes } = await run(queue, options);
  return outcomes.flatMap((one) => (one.kind === 'compared' ? one.difference : []));
}

async function leftOutBy(queue: QueueName, options: Partial<ProvisionQueueOptions> = {}): Promise<string[]> {
  const { outcomes } = await run(queue, options);
  return outcomes.flatMap((one) => (one.kind === 'compared' ? one.except : `${one.aspect}: ${one.why}`));
}

const statesOf = (queue: QueueName) => Promise.all(ROLES.map((role) => stateOf(queue, role)));

const arnOf = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;

const statementFor = (name: string, bucket = 'images') => ({
  Sid: 'SafelightEvents',
  Effect: 'Allow',
  Principal: { Service: 's3.amazonaws.com' },
  Action: 'sqs:SendMessage',
  Resource: arnOf(name),
  Condition: {
    ArnLike: { 'aws:SourceArn': `arn:aws:s3:::${bucket}` },
    StringEquals: { 'aws:SourceAccount': '000000000000' },
  },
});

/** The required state of a queue and its dead letter queue, in the store's form. */
const rightOf = (name: string) => [
  {
    VisibilityTimeout: '60',
    DelaySeconds: '0',
    MaximumMessageSize: '1048576',
    MessageRetentionPeriod: '345600',
    ReceiveMessageWaitTimeSeconds: '20',
    RedrivePolicy: { deadLetterTargetArn: arnOf(`${name}-dead-letters`), maxReceiveCount: 24 },
    Policy: { Version: '2012-10-17', Statement: [statementFor(name)] },
    SqsManagedSseEnabled: 'true',
  },
  {
    VisibilityTimeout: '30',
    DelaySeconds: '0',
    MaximumMessageSize: '1048576',
    MessageRetentionPeriod: '1209600',
    ReceiveMessageWaitTimeSeconds: '0',
    SqsManagedSseEnabled: 'true',
    RedriveAllowPolicy: { redrivePermission: 'byQueue', sourceQueueArns: [arnOf(name)] },
  },
];

describe('npm run admin -- provision of a queue', { skip: NO_FAUXQS, concurrency: true }, () => {
  let server: SqsForTests;
  before(async () => {
    server = await sqsForTests();
  });
  after(() => server[Symbol.asyncDispose]());
  const freeName = () => freeQueueName(server.sqs);

  it('creates a missing queue and its dead letter queue, and changes nothing the second time', async () => {
    await using queue = freeName();
    assert.deepEqual((await changesBy(queue)).slice(0, 2), [
      `none -> ${queue.name}-dead-letters in us-east-1`,
      `none -> ${queue.name} in us-east-1`,
    ]);
    assert.deepEqual(await statesOf(queue), rightOf(queue.name));
    const { outcomes, arn } = await run(queue);
    assert.match(report(outcomes, 'apply'), /\nNothing to change\.$/);
    assert.doesNotMatch(report(outcomes, 'apply'), /left out/);
    assert.equal(arn, arnOf(queue.name));
    assert.deepEqual(await statesOf(queue), rightOf(queue.name));
  });

  it('creates both queues encrypted from the start', async () => {
    await using queue = freeName();
    const asked: string[] = [];
    await using front = await startFront((incoming) => {
      if (operationOf(incoming) === 'CreateQueue') incoming.on('data', (chunk) => asked.push(String(chunk)));
      return server.sqs.url;
    });
    await run(queue, { sqs: { ...queue.sqs, endpoint: front.url } });
    assert.equal(asked.length, 2);
    for (const one of asked) assert.match(one, /"SqsManagedSseEnabled":"true"/);
  });

  it('creates a queue that the service opens without a warning', async () => {
    await using queue = freeName();
    await run(queue);
    const warnings: string[] = [];
    const observe = hearing('warning', ({ sentence }) => warnings.push(sentence));
    const clock = { elapsedMs: () => performance.now() };
    await using _jobs = await openSqsJobQueue({ ...queue.sqs, credentials: awsKeys, codec: JOB_CODEC, clock, observe });
    assert.deepEqual(warnings, []);
  });

  it('reports in a dry run all changes for a missing queue, and creates none', async () => {
    await using queue = freeName();
    const told = await changesBy(queue, { mode: 'dry-run' });
    assert.equal((await run(queue, { mode: 'dry-run' })).arn, undefined);
    assert.deepEqual(await statesOf(queue), [undefined, undefined]);
    assert.deepEqual(told, await changesBy(queue), 'expected the changes of the next run');
  });

  it('reports in a dry run what it would change, and changes nothing', async () => {
    await using queue = freeName();
    await queue.create('queue', {});
    const before = await statesOf(queue);
    const told = await changesBy(queue, { mode: 'dry-run' });
    assert.deepEqual(await statesOf(queue), before);
    assert.deepEqual(told, await changesBy(queue));
    assert.deepEqual(await changesBy(queue, { mode: 'dry-run' }), []);
  });

  const target = (name: string, maxReceiveCount: number | string) =>
    JSON.stringify({ deadLetterTargetArn: arnOf(name), maxReceiveCount });
  const drifts: readonly (readonly [Role, QueueAttributeName, (name: string) => string | undefined, RegExp])[] = [
    ['queue', 'VisibilityTimeout', () => '59', /^VisibilityTimeout: 59 -> 60$/],
    ['queue', 'ReceiveMessageWaitTimeSeconds', () => '0', /^ReceiveMessageWaitTimeSeconds: 0 -> 20$/],
    ['queue', 'MessageRetentionPeriod', () => '60', /^MessageRetentionPeriod: 60 -> 345600$/],
    ['queue', 'SqsManagedSseEnabled', () => 'false', /^SqsManagedSseEnabled: false -> true$/],
    ['queue', 'RedrivePolicy', () => undefined, /^none -> to \S+-dead-letters after 24 receptions$/],
    [
      'queue',
      'RedrivePolicy',
      () => target('theirs', 24),
      /^to theirs after 24 receptions -> to \S+-dead-letters after/,
    ],
    ['queue', 'RedrivePolicy', (name) => target(`${name}-dead-letters`, '12'), / after 12 receptions -> .* after 24 /],
    ['queue', 'Policy', () => undefined, /^a statement SafelightEvents, beside 0 others: S3 may send those of images$/],
    ['dead letter queue', 'MessageRetentionPeriod', () => '345600', /^MessageRetentionPeriod: 345600 -> 1209600$/],
    ['dead letter queue', 'SqsManagedSseEnabled', () => 'false', /^SqsManagedSseEnabled: false -> true$/],
    ['dead letter queue', 'RedriveAllowPolicy', () => undefined, /^\S+, and 0 other queues$/],
    ['dead letter queue', 'RedriveAllowPolicy', () => '{"redrivePermission":"denyAll"}', /^\S+, and 0 other queues$/],
  ];
  for (const [role, attribute, drifted, says] of drifts) {
    it(`corrects the ${role}'s ${attribute} ${drifted('NAME') ?? 'none'}, and keeps the rest`, async () => {
      await using queue = freeName();
      const right = rightOf(queue.name);
      for (const [index, one] of ROLES.entries()) {
        const rest = { ...right[index], DelaySeconds: '7', MaximumMessageSize: '2048' };
        const { [attribute]: _, ...others } = rest as Record<string, unknown>;
        const value = one === role ? drifted(queue.name) : rest[attribute as 'DelaySeconds'];
        const given = { ...others, ...(value !== undefined && { [attribute]: value }) };
        const written = Object.entries(given).map(([key, is]) => [
          key,
          typeof is === 'string' ? is : JSON.stringify(is),
        ]);
        await queue.create(one, Object.fromEntries(written) as Record<string, string>);
      }
      const changes = await changesBy(queue);
      assert.match(changes.join('\n'), says);
      assert.equal(changes.length, 1);
      const kept = { DelaySeconds: '7', MaximumMessageSize: '2048' };
      assert.deepEqual(
        await statesOf(queue),
        right.map((one) => ({ ...one, ...kept })),
      );
    });
  }

  it('keeps longer times, which Lambda needs', async () => {
    await using queue = freeName();
    const longer = { VisibilityTimeout: '900', MessageRetentionPeriod: '1209600' };
    const deadLetterTargetArn = arnOf(`${queue.name}-dead-letters`);
    await queue.create('queue', {
      ...longer,
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 100 }),
    });
    await run(queue);
    const [right] = rightOf(queue.name);
    const RedrivePolicy = { deadLetterTargetArn, maxReceiveCount: 100 };
    assert.deepEqual(await stateOf(queue, 'queue'), { ...right, ...longer, RedrivePolicy });
    assert.deepEqual(await changesBy(queue), []);
  });

  it('keeps other queues that may send dead letters, and other statements of the policy', async () => {
    await using queue = freeName();
    const byQueue = { redrivePermission: 'byQueue', sourceQueueArns: [arnOf('theirs')] };
    const own = { Effect: 'Deny', Principal: '*', Action: 'sqs:PurgeQueue', Resource: arnOf(queue.name) };
    await queue.create('dead letter queue', { RedriveAllowPolicy: JSON.stringify(byQueue) });
    await queue.create('queue', { Policy: JSON.stringify({ Version: '2008-10-17', Id: 'theirs', Statement: own }) });
    const changes = await changesBy(queue);
    assert.ok(changes.some((line) => line.startsWith('a statement SafelightEvents, beside 1 others: ')));
    assert.ok(changes.includes(`${queue.name}, and 1 other queues`));
    const [state, letters] = await statesOf(queue);
    const Statement = [own, statementFor(queue.name)];
    assert.deepEqual(state?.['Policy'], { Version: '2008-10-17', Id: 'theirs', Statement });
    const sourceQueueArns = [arnOf('theirs'), arnOf(queue.name)];
    assert.deepEqual(letters?.['RedriveAllowPolicy'], { redrivePermission: 'byQueue', sourceQueueArns });
    assert.deepEqual(await changesBy(queue), []);
  });

  it('lets the configured bucket send, and no longer the previous one', async () => {
    await using queue = freeName();
    await run(queue);
    const bucket = { ...BUCKET, bucket: 'pictures' };
    assert.equal((await changesBy(queue, { bucket })).length, 1);
    const { Policy } = (await stateOf(queue, 'queue')) ?? {};
    assert.deepEqual(Policy, { Version: '2012-10-17', Statement: [statementFor(queue.name, 'pictures')] });
  });

  for (const [what, bucket, why] of [
    ['if there is none', null, 'S3_BUCKET is not set'],
    ['that cannot notify a queue', { ...BUCKET, lacks: S3_PROFILES.ceph }, 'this store lacks notifications'],
  ] as const) {
    it(`allows no bucket ${what}, and reports it`, async () => {
      await using queue = freeName();
      const { outcomes } = await run(queue, { bucket });
      assert.deepEqual(outcomes.at(-1), { aspect: 'events of the bucket', kind: 'left-out', why });
      assert.equal((await stateOf(queue, 'queue'))?.['Policy'], undefined);
    });
  }

  it('keeps a KMS key, and reports who must be allowed to use it', async () => {
    await using queue = freeName();
    const KmsMasterKeyId = 'alias/ours';
    for (const role of ROLES) await queue.create(role, { KmsMasterKeyId, SqsManagedSseEnabled: 'false' });
    const note = `the policy of the KMS key alias/ours, which must let s3.amazonaws.com kms:GenerateDataKey and kms:Decrypt`;
    assert.deepEqual(await leftOutBy(queue), [note]);
    for (const state of await statesOf(queue)) {
      assert.deepEqual([state?.['KmsMasterKeyId'], state?.['SqsManagedSseEnabled']], [KmsMasterKeyId, 'false']);
    }
    const withoutBucket = await leftOutBy(queue, { bucket: null });
    assert.deepEqual(withoutBucket, ['events of the bucket: S3_BUCKET is not set']);
  });

  it('reports the URL of the queue if SQS_QUEUE_URL differs', async () => {
    await using queue = freeName();
    const elsewhere = { ...queue.sqs, url: queue.sqs.url.replace('000000000000', '111122223333') };
    const none = 'SQS_QUEUE_URL: there is no queue yet that it could name';
    assert.deepEqual(await leftOutBy(queue, { sqs: elsewhere, mode: 'dry-run' }), [none]);
    const says = `SQS_QUEUE_URL: set it to ${queue.sqs.url}, where this queue is`;
    assert.deepEqual(await leftOutBy(queue, { sqs: elsewhere }), [says]);
    assert.deepEqual(await leftOutBy(queue), []);
  });

  it('waits for a new queue until it is visible, but not forever', async () => {
    await using queue = freeName();
    let unknownLooks = 0;
    await using front = await startFront((incoming, outgoing) => {
      if (operationOf(incoming) === 'CreateQueue') unknownLooks += 3;
      if (operationOf(incoming) !== 'GetQueueAttributes' || unknownLooks === 0) return server.sqs.url;
      unknownLooks -= 1;
      return sendSqsError(outgoing, 'QueueDoesNotExist', 'The specified queue does not exist.');
    });
    const sqs = { ...queue.sqs, endpoint: front.url };
    await run(queue, { sqs });
    assert.equal(unknownLooks, 0);
    assert.deepEqual(await statesOf(queue), rightOf(queue.name));

    await using other = freeName();
    await assert.rejects(run(other, { sqs: { ...other.sqs, endpoint: front.url }, waitMs: 0 }), {
      code: 'unavailable',
      detail: `The queue ${other.name}-dead-letters was made and is not known yet: run this again later`,
    });
  });

  it('names a feature that the store refuses, and does the rest', async () => {
    await using queue = freeName();
    await queue.create('queue', {});
    let refused = 0;
    await using front = await startFront((incoming, outgoing) => {
      if (operationOf(incoming) !== 'SetQueueAttributes' || refused === 1) return server.sqs.url;
      refused += 1;
      return sendSqsError(outgoing, 'UnsupportedOperation', 'no');
    });
    const leftOut = await leftOutBy(queue, { sqs: { ...queue.sqs, endpoint: front.url } });
    assert.deepEqual(leftOut, ['times of the queue: the store says UnsupportedOperation']);
    const state = await stateOf(queue, 'queue');
    assert.deepEqual(state?.['RedrivePolicy'], rightOf(queue.name)[0]?.RedrivePolicy);
  });

  for (const [name, says] of [
    ['AccessDeniedException', /^The credentials may not change the queue .* \(dead letter queue: no\): run this with/],
    ['QueueDeletedRecently', /^The queue .* was deleted just now \(dead letter queue: no\): run this again a minute/],
    ['InvalidClientTokenId', /^\S+ refuses the credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY/],
    ['OverLimit', /^The store says OverLimit \(dead letter queue: no\)$/],
  ] as const) {
    it(`reports the remedy: ${name}`, async () => {
      await using queue = freeName();
      await using front = await startFront((incoming, outgoing) =>
        operationOf(incoming) === 'CreateQueue' ? sendSqsError(outgoing, name, 'no') : server.sqs.url,
      );
      const sqs = { ...queue.sqs, endpoint: front.url };
      await assert.rejects(run(queue, { sqs }), { code: 'unavailable', detail: says });
    });
  }
});

describe('the name of a queue', () => {
  const url = (name: string) => ({
    url: `https://queue.invalid/000000000000/${name}`,
    region: 'us-east-1',
    endpoint: null,
    caBundle: null,
  });

  for (const [name, says] of [
    ['jobs.fifo', /^The queue jobs\.fifo would be a FIFO queue, .*: set SQS_QUEUE_URL to a name without \.fifo$/],
    [
      'a'.repeat(68),
      /^A queue can't have the name a+: set SQS_QUEUE_URL to one of 67 letters, digits, - and _ at most$/,
    ],
    ['a.b', /^A queue can't have the name a\.b: /],
  ] as const) {
    it(`is refused without a request if it is invalid: ${name}`, async () => {
      const options = { bucket: null, awsKeys, mode: 'apply' } as const;
      await assert.rejects(provisionQueue({ sqs: url(name), ...options }), { code: 'unavailable', detail: says });
    });
  }
});

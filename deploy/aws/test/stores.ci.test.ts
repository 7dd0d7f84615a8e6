import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { DeleteTableCommand, DynamoDBClient, UpdateTableCommand } from '@aws-sdk/client-dynamodb';
import { DeleteBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { DeleteQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { originsOf } from '../../../packages/server/src/admin/provision/bucket/cors.ts';
import { provisionBucket } from '../../../packages/server/src/admin/provision/bucket/provision-bucket.ts';
import type { Outcome } from '../../../packages/server/src/admin/provision/make-right.ts';
import { provisionQueue } from '../../../packages/server/src/admin/provision/queue/provision-queue.ts';
import { provisionTable } from '../../../packages/server/src/admin/provision/table/provision-table.ts';
import { sendS3Error, startStoreFront } from '../../../packages/server/src/object-store/s3/store-front.fixture.ts';
import { loadConfig } from '../../../packages/server/src/run/config/config.ts';
import { NO_CLOUD } from '../../../packages/server/test/services/cloud.ts';
import { readTemplate, resolved, type Template } from '../../../test/servers/cloudformation.ts';
import { dynamoForTests } from '../../../test/servers/dynamo-for-tests.ts';
import { NO_FAUXQS } from '../../../test/servers/fauxqs.ts';
import { s3ForTests } from '../../../test/servers/s3-for-tests.ts';
import { sqsForTests } from '../../../test/servers/sqs-for-tests.ts';
import { namesAfter } from '../names.ts';
import { createBucketOf, createQueuesOf, createTableOf, putLifecycleOf } from './create-resources.ts';

const PUBLIC_URL = 'https://images.example.org';
const CORS_ORIGINS = 'https://app.example.org,https://admin.example.org';
/** What S3 has and Ceph lacks, with the error of S3 for what isn't set. */
const CEPH_LACKS: Readonly<Record<string, string>> = {
  encryption: 'ServerSideEncryptionConfigurationNotFoundError',
  ownershipControls: 'OwnershipControlsNotFoundError',
  notification: '',
};

const differencesIn = (outcomes: readonly Outcome[]): string[] =>
  outcomes.flatMap((one) => (one.kind === 'compared' ? one.difference.map((line) => `${one.aspect}: ${line}`) : []));
const comparedIn = (outcomes: readonly Outcome[]): string[] =>
  outcomes.filter(({ kind }) => kind === 'compared').map(({ aspect }) => aspect);

/** In front of Ceph: keeps the documents that Ceph doesn't. */
function frontOf(url: string) {
  const kept = new Map<string, string>();
  return startStoreFront({
    to: url,
    answer(incoming, outgoing) {
      const { searchParams } = new URL(incoming.url ?? '', 'http://store');
      const part = Object.keys(CEPH_LACKS).find((one) => searchParams.has(one));
      if (part === undefined) return 'left';
      const [document, code] = [kept.get(part), CEPH_LACKS[part] ?? ''];
      if (incoming.method === 'PUT') void text(incoming).then((body) => outgoing.end(void kept.set(part, body)));
      else if (document !== undefined) outgoing.writeHead(200, { 'Content-Type': 'application/xml' }).end(document);
      else sendS3Error(outgoing, { status: 404, code });
      return 'answered';
    },
  });
}

describe('the resources of the data template', { skip: NO_CLOUD || NO_FAUXQS }, () => {
  it('are those that npm run admin -- provision would make: it finds nothing to change', async () => {
    await using stack = new AsyncDisposableStack();
    const { s3: ceph } = stack.use(await s3ForTests());
    const { dynamo } = stack.use(await dynamoForTests());
    const { sqs } = stack.use(await sqsForTests());
    const front = stack.use(await frontOf(ceph.url));
    const name = `test-${randomUUID()}`;
    const names = namesAfter(name);
    const attributes: Record<string, string> = {};
    const template = (Versioning = 'off'): Template =>
      resolved(readTemplate('data'), {
        parameters: { BucketName: name, PublicUrl: PUBLIC_URL, CorsOrigins: CORS_ORIGINS, Versioning },
        region: sqs.region,
        account: '000000000000',
        attributes: { 'Bucket.Arn': `arn:aws:s3:::${name}`, ...attributes },
      });

    const queues = new SQSClient({ endpoint: sqs.url, region: sqs.region, credentials: sqs });
    stack.defer(() => queues.destroy());
    await createQueuesOf(template, queues, attributes);
    stack.defer(async () => {
      for (const one of [names.queue, names.deadLetterQueue])
        await queues.send(new DeleteQueueCommand({ QueueUrl: `${sqs.url}/000000000000/${one}` }));
    });
    const buckets = new S3Client({ endpoint: front.url, region: ceph.region, credentials: ceph, forcePathStyle: true });
    stack.defer(() => buckets.destroy());
    await createBucketOf(template(), buckets);
    stack.defer(async () => void (await buckets.send(new DeleteBucketCommand({ Bucket: name }))));
    const tables = new DynamoDBClient({ endpoint: dynamo.url, region: dynamo.region, credentials: dynamo });
    stack.defer(() => tables.destroy());
    await createTableOf(template(), tables);
    stack.defer(async () => {
      await tables.send(new UpdateTableCommand({ TableName: name, DeletionProtectionEnabled: false }));
      await tables.send(new DeleteTableCommand({ TableName: name }));
    });

    const { config, secrets } = loadConfig({
      PUBLIC_URL,
      CORS_ORIGINS,
      S3_BUCKET: names.bucket,
      S3_LACKS: 'nothing',
      DYNAMO_TABLE: names.table,
      SQS_QUEUE_URL: `${sqs.url}/000000000000/${names.queue}`,
      AWS_ENDPOINT_URL_S3: front.url,
      AWS_ENDPOINT_URL_DYNAMODB: dynamo.url,
      AWS_REGION: ceph.region,
      AWS_ACCESS_KEY_ID: ceph.accessKeyId,
      AWS_SECRET_ACCESS_KEY: ceph.secretAccessKey,
    });
    assert.ok(config.s3 && config.dynamodb && config.sqs);
    const shared = { awsKeys: secrets.awsKeys, mode: 'dry-run' } as const;
    const queue = await provisionQueue({ ...shared, sqs: config.sqs, bucket: config.s3 });
    assert.deepEqual(differencesIn(queue.outcomes), []);
    assert.equal(comparedIn(queue.outcomes).length, 10, 'all aspects of both queues');
    const { presignedSeconds, uploadPartsHours } = config;
    const ofBucket = {
      ...shared,
      s3: config.s3,
      presignedSeconds,
      uploadPartsHours,
      queue,
      origins: originsOf(config),
    };
    const bucket = await provisionBucket(ofBucket);
    assert.deepEqual(differencesIn(bucket.outcomes), []);
    assert.deepEqual(
      bucket.outcomes.filter(({ kind }) => kind !== 'compared').map(({ aspect }) => aspect),
      ['TLS only'], // this store is reached without TLS
    );
    await putLifecycleOf(template('on'), buckets);
    const withVersions = await provisionBucket(ofBucket);
    assert.deepEqual(differencesIn(withVersions.outcomes), [], 'the 30 days stay');
    const table = await provisionTable({ ...shared, dynamodb: config.dynamodb });
    assert.deepEqual(differencesIn(table), []);
    assert.deepEqual(
      table.filter(({ kind }) => kind !== 'compared').map(({ aspect }) => aspect),
      ['point-in-time recovery'], // dynoxide has none
    );
  });

  it('have what these stores lack: TLS only, and point-in-time recovery', () => {
    const { Resources } = resolved(readTemplate('data'), {
      parameters: { BucketName: 'b-b', PublicUrl: PUBLIC_URL },
      attributes: { 'Bucket.Arn': 'arn:aws:s3:::b-b' },
    });
    assert.deepEqual(Resources['Table']?.Properties['PointInTimeRecoverySpecification'], {
      PointInTimeRecoveryEnabled: true,
    });
    assert.deepEqual(Object(Resources['BucketPolicy']?.Properties['PolicyDocument']).Statement, [
      {
        Sid: 'SafelightTlsOnly',
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:*',
        Resource: ['arn:aws:s3:::b-b', 'arn:aws:s3:::b-b/*'],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ]);
  });
});

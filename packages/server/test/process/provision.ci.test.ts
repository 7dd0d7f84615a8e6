import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createBucket } from '../../../../test/servers/bucket.ts';
import { NO_CEPH } from '../../../../test/servers/ceph.ts';
import { type DynamoForTests, dynamoForTests } from '../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../test/servers/dynoxide.ts';
import { NO_FAUXQS } from '../../../../test/servers/fauxqs.ts';
import { type S3ForTests, s3ForTests } from '../../../../test/servers/s3-for-tests.ts';
import { type SqsForTests, sqsForTests } from '../../../../test/servers/sqs-for-tests.ts';
import { freeQueueName } from '../../src/admin/provision/queue/provisioned-queue.fixture.ts';
import { freeTableName } from '../../src/admin/provision/table/provisioned-table.fixture.ts';
import { S3_PROFILES } from '../../src/object-store/s3/capabilities.ts';
import { sendS3Error, startStoreFront } from '../../src/object-store/s3/store-front.fixture.ts';
import { createTable } from '../../src/records/dynamodb/table.ts';
import { createDynamodbImageRepository } from '../../src/records/images/dynamodb/dynamodb.ts';
import { addReady } from '../../src/records/images/sample-images.fixture.ts';
import { temporaryFolder } from '../faults/file-systems.ts';
import { recording } from '../services/recording.ts';

const ADMIN = join(import.meta.dirname, '../../src/bin/admin.ts');

/** The end of the output, where the service needs no other setting. */
const SETS_NOTHING =
  /\n\nFor the service set the variables that this command had, and nothing else\.\nThe IAM policies of API and worker: npm run admin -- provision --policies\n$/;

interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(environment: Record<string, string>, flags: readonly string[] = []): Promise<Ended> {
  await using folder = await temporaryFolder();
  const dotEnv = Object.entries(environment).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(join(folder.path, '.env'), dotEnv.join(''));
  return await new Promise((resolve) => {
    const options = { cwd: folder.path, env: { PATH: process.env['PATH'], ...recording() } };
    execFile(process.execPath, [ADMIN, 'provision', ...flags], options, (error, stdout, stderr) => {
      resolve({ exitCode: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

describe('the process of npm run admin -- provision', () => {
  it('prints the policies only, as JSON, without any request', async () => {
    const { exitCode, stdout } = await run({ S3_BUCKET: 'images' }, ['--policies']);
    assert.equal(exitCode, 0);
    const policies = JSON.parse(stdout) as Record<string, { Statement: { Resource: string[] }[] }>;
    assert.deepEqual(Object.keys(policies), ['api', 'worker', 'operator', 'backup', 'provision']);
    assert.deepEqual(policies['api']?.Statement[0]?.Resource, ['arn:aws:s3:::images']);
  });

  it('reports a misspelled variable besides other errors', async () => {
    const { exitCode, stderr } = await run({ S3_BUCKETT: 'images' });
    assert.equal(exitCode, 1);
    assert.match(
      stderr,
      /^S3_BUCKETT is set, but is no variable of this service: did you mean S3_BUCKET\?\nNothing to provision: /,
    );
  });

  for (const [name, environment, flags, says] of [
    [
      'neither a bucket nor a database nor a table nor a queue',
      {},
      [],
      'Nothing to provision: set S3_BUCKET, DATABASE_URL, DYNAMO_TABLE or SQS_QUEUE_URL\n',
    ],
    [
      'a bucket without a table, to complete its images',
      { S3_BUCKET: 'images' },
      ['--backfill'],
      'Nothing to backfill: set DYNAMO_TABLE\n',
    ],
    [
      'a role without a database',
      { S3_BUCKET: 'images' },
      ['--role', 'app'],
      'expected DATABASE_URL with --role; got none\n',
    ],
    [
      'a database at an address that is not there',
      { DATABASE_URL: 'postgres://ada:hunter2@127.0.0.1:1/images' },
      [],
      "PostgreSQL at 127.0.0.1:1 can't be reached (ECONNREFUSED): check DATABASE_URL\n",
    ],
    ['a wrong setting', { S3_PROFILE: 'tape' }, [], /^Invalid configuration:\nS3_PROFILE: expected one of aws,/],
    [
      'a store that is not there',
      {
        S3_BUCKET: 'images',
        AWS_ENDPOINT_URL: 'http://store.invalid',
        AWS_ACCESS_KEY_ID: 'a',
        AWS_SECRET_ACCESS_KEY: 'b',
      },
      [],
      /^http:\/\/store\.invalid can't be reached \(\w+\): check AWS_ENDPOINT_URL_S3\n$/,
    ],
    [
      'a table at an address that is not there',
      {
        DYNAMO_TABLE: 'records',
        AWS_ENDPOINT_URL: 'http://table.invalid',
        AWS_ACCESS_KEY_ID: 'a',
        AWS_SECRET_ACCESS_KEY: 'b',
      },
      [],
      /^http:\/\/table\.invalid can't be reached \(\w+\): check AWS_ENDPOINT_URL_DYNAMODB\n$/,
    ],
    [
      'a queue at an address that is not there',
      { SQS_QUEUE_URL: 'http://queue.invalid/1/jobs', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' },
      [],
      /^http:\/\/queue\.invalid can't be reached \(\w+\): check SQS_QUEUE_URL\n$/,
    ],
  ] as const) {
    it(`ends with 1 and a sentence: ${name}`, async () => {
      const { exitCode, stdout, stderr } = await run(environment, flags);
      assert.deepEqual([exitCode, stdout], [1, '']);
      if (typeof says === 'string') assert.equal(stderr, says);
      else assert.match(stderr, says);
    });
  }

  describe('on a store', { skip: NO_CEPH }, () => {
    let server: S3ForTests;
    before(async () => {
      server = await s3ForTests();
    });
    after(() => server[Symbol.asyncDispose]());

    it('prints the changes, makes them, and then has nothing to change', async () => {
      await using bucket = await createBucket(server.s3);
      const environment = {
        S3_BUCKET: bucket.name,
        S3_PROFILE: 'ceph',
        AWS_ENDPOINT_URL: server.s3.url,
        AWS_ACCESS_KEY_ID: server.s3.accessKeyId,
        AWS_SECRET_ACCESS_KEY: server.s3.secretAccessKey,
        CORS_ORIGINS: 'https://app.example.org',
      };
      const dry = await run(environment, ['--dry-run']);
      assert.match(dry.stdout, /^ {2}to change {2}CORS: .*pages of https:\/\/app\.example\.org$/m);
      assert.match(dry.stdout, /^11 to change; nothing was changed\.$/m);
      assert.match((await run(environment)).stdout, /^11 changed\.$/m);
      const again = await run(environment);
      assert.deepEqual([again.exitCode, again.stderr], [0, '']);
      assert.match(again.stdout, /^Nothing to change\.$/m);
      assert.match(again.stdout, /^ {2}left out {3}encrypted by default: this store lacks encryption$/m);
      assert.match(again.stdout, SETS_NOTHING);
    });
  });

  describe('on a store that lacks more features than configured', { skip: NO_CEPH }, () => {
    it('prints the setting that names the feature', async () => {
      await using server = await s3ForTests();
      await using bucket = await createBucket(server.s3);
      await using front = await startStoreFront({
        to: server.s3.url,
        answer: ({ url }, outgoing) =>
          url?.includes('cors') ? sendS3Error(outgoing, { status: 501, code: 'NotImplemented' }) : 'left',
      });
      const environment = {
        S3_BUCKET: bucket.name,
        S3_PROFILE: 'ceph',
        AWS_ENDPOINT_URL: front.url,
        AWS_ACCESS_KEY_ID: server.s3.accessKeyId,
        AWS_SECRET_ACCESS_KEY: server.s3.secretAccessKey,
      };
      const { stdout } = await run(environment);
      const setting =
        /^This store lacks more than its profile lists\. For the service set this line instead of S3_PROFILE:\nS3_LACKS=(.*)$/m;
      const [, lacks = ''] = setting.exec(stdout) ?? [];
      assert.deepEqual(new Set(lacks.split(',')), new Set([...S3_PROFILES.ceph, 'cors']));
      assert.doesNotMatch((await run({ ...environment, S3_LACKS: lacks })).stdout, /S3_LACKS=/);
    });
  });

  describe('on a table', { skip: NO_DYNOXIDE }, () => {
    let server: DynamoForTests;
    before(async () => {
      server = await dynamoForTests();
    });
    after(() => server[Symbol.asyncDispose]());

    it('makes the table alone, and completes its images', async () => {
      await using table = freeTableName(server.dynamo);
      const environment = {
        DYNAMO_TABLE: table.name,
        AWS_ENDPOINT_URL: server.dynamo.url,
        AWS_ACCESS_KEY_ID: server.dynamo.accessKeyId,
        AWS_SECRET_ACCESS_KEY: server.dynamo.secretAccessKey,
      };
      const dry = await run(environment, ['--dry-run']);
      assert.match(
        dry.stdout,
        new RegExp(`^The table ${table.name} at ${server.dynamo.url}\\n {2}to change {2}table: none`),
      );
      assert.match(dry.stdout, /^3 to change; nothing was changed\.$/m);
      const made = await run(environment);
      assert.match(made.stdout, /^3 changed\.$/m);
      assert.match(made.stdout, /^ {2}left out {3}point-in-time recovery: the store says UnknownOperationException$/m);
      assert.match(made.stdout, SETS_NOTHING);
      const again = await run(environment);
      assert.deepEqual([again.exitCode, again.stderr], [0, '']);
      assert.match(again.stdout, /^Nothing to change\.$/m);

      const repository = { shards: 8, writtenShards: 8, globalLists: false };
      const images = createDynamodbImageRepository(createTable(table.client, table.name), repository);
      await addReady(images, { tags: ['sea'] });
      const toWrite = await run(environment, ['--backfill', '--dry-run']);
      assert.match(toWrite.stdout, /^Images: 1, incomplete: 1; facets to write: 2; nothing was written\.$/m);
      assert.match((await run(environment, ['--backfill'])).stdout, /^Images: 1, incomplete: 1; facets written: 2\.$/m);
      const complete = await run({ ...environment, GLOBAL_LISTS: 'false' }, ['--backfill']);
      assert.match(complete.stdout, /^Images: 1, all complete; nothing to write\.$/m);
      assert.deepEqual([complete.exitCode, complete.stderr], [0, '']);
      assert.match(complete.stdout, /^GLOBAL_LISTS is off: lists over all owners are unchanged\.$/m);
    });

    it('provisions the bucket first and then the table, if both are configured', { skip: NO_CEPH }, async () => {
      await using table = freeTableName(server.dynamo);
      await using store = await s3ForTests();
      await using bucket = await createBucket(store.s3);
      const { stdout, stderr } = await run({
        S3_BUCKET: bucket.name,
        S3_PROFILE: 'ceph',
        AWS_ENDPOINT_URL: store.s3.url,
        AWS_ENDPOINT_URL_DYNAMODB: server.dynamo.url,
        DYNAMO_TABLE: table.name,
        AWS_ACCESS_KEY_ID: store.s3.accessKeyId,
        AWS_SECRET_ACCESS_KEY: store.s3.secretAccessKey,
      });
      assert.equal(stderr, '');
      assert.match(
        stdout,
        new RegExp(`^The bucket ${bucket.name} at [^]*\\n\\nThe table ${table.name} at [^]*\\n\\nFor the service set `),
      );
      assert.equal(stdout.match(/^\d+ changed\.$/gm)?.length, 2);
    });
  });

  describe('on a queue', { skip: NO_FAUXQS }, () => {
    let server: SqsForTests;
    before(async () => {
      server = await sqsForTests();
    });
    after(() => server[Symbol.asyncDispose]());

    it('makes the queue alone', async () => {
      await using queue = freeQueueName(server.sqs);
      const environment = {
        SQS_QUEUE_URL: queue.sqs.url,
        AWS_ACCESS_KEY_ID: server.sqs.accessKeyId,
        AWS_SECRET_ACCESS_KEY: server.sqs.secretAccessKey,
      };
      const dry = await run(environment, ['--dry-run']);
      assert.match(
        dry.stdout,
        new RegExp(`^The queue ${queue.name} at ${server.sqs.url}\\n {2}to change {2}dead letter `),
      );
      assert.match(dry.stdout, /^4 to change; nothing was changed\.$/m);
      assert.match((await run(environment)).stdout, /^4 changed\.$/m);
      const again = await run(environment);
      assert.deepEqual([again.exitCode, again.stderr], [0, '']);
      assert.match(again.stdout, /^Nothing to change\.$/m);
      assert.match(again.stdout, /^ {2}left out {3}events of the bucket: S3_BUCKET is not set$/m);
      assert.doesNotMatch(again.stdout, /arn:aws/);
      const { stdout } = await run(environment, ['--policies']);
      assert.match(stdout, new RegExp(`"arn:aws:sqs:us-east-1:\\*:${queue.name}-dead-letters"`));
    });

    it('provisions the queue first and then the bucket, which sends it events', { skip: NO_CEPH }, async () => {
      await using queue = freeQueueName(server.sqs);
      await using store = await s3ForTests();
      await using bucket = await createBucket(store.s3);
      const environment = {
        S3_BUCKET: bucket.name,
        S3_LACKS: 'block-public-acls,ownership-controls,encryption',
        AWS_ENDPOINT_URL_S3: store.s3.url,
        SQS_QUEUE_URL: queue.sqs.url,
        AWS_ACCESS_KEY_ID: store.s3.accessKeyId,
        AWS_SECRET_ACCESS_KEY: store.s3.secretAccessKey,
      };
      const { stdout, stderr } = await run(environment, ['--dry-run']);
      assert.equal(stderr, '');
      assert.match(
        stdout,
        new RegExp(`^The queue ${queue.name} at [^]*\\n\\nThe bucket ${bucket.name} at [^]*\\n\\nFor the service set `),
      );
      assert.match(stdout, new RegExp(`^ {2}to change {2}events of the bucket: .* those of ${bucket.name}$`, 'm'));
      assert.match(stdout, new RegExp(`^ {2}to change {2}notification: .* in incoming/, to ${queue.name}$`, 'm'));
    });
  });
});

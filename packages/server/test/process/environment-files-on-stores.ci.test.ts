import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createBucket } from '../../../../test/servers/bucket.ts';
import { NO_CEPH } from '../../../../test/servers/ceph.ts';
import { dynamoForTests } from '../../../../test/servers/dynamo-for-tests.ts';
import { s3ForTests } from '../../../../test/servers/s3-for-tests.ts';
import { sqsForTests } from '../../../../test/servers/sqs-for-tests.ts';
import { freeQueueName } from '../../src/admin/provision/queue/provisioned-queue.fixture.ts';
import { freeTableName } from '../../src/admin/provision/table/provisioned-table.fixture.ts';
import { temporaryFolder } from '../faults/file-systems.ts';
import { configure, filled, runIn, startIn, textOf, useWith, workIn } from '../services/environment-files.ts';
import { createOwnDatabase, NO_POSTGRES_CLOUD } from '../services/postgres-service.ts';
import { NO_QUEUED_CLOUD } from '../services/queued-cloud.ts';

const PUBLIC_URL = 'https://images.example.org';

describe('a service by deploy/env/s3.env', { skip: NO_CEPH }, () => {
  it('keeps pictures in the bucket, which provision has set up', async () => {
    await using folder = await temporaryFolder();
    await using store = await s3ForTests();
    await using bucket = await createBucket(store.s3);
    const own = {
      S3_BUCKET: bucket.name,
      AWS_ENDPOINT_URL_S3: store.s3.url,
      S3_PROFILE: 'ceph',
      AWS_REGION: store.s3.region,
      AWS_ACCESS_KEY_ID: store.s3.accessKeyId,
      AWS_SECRET_ACCESS_KEY: store.s3.secretAccessKey,
      PUBLIC_URL,
    };
    await configure(folder.path, filled(await textOf('s3'), own));
    const { exitCode, output } = await runIn({ folder: folder.path }, 'admin.ts', 'provision');
    assert.equal(exitCode, 0, output);
    await using service = await startIn({ folder: folder.path });
    const key = await readFile(join(folder.path, 'data/admin-key'), 'utf8');
    const url = await useWith(service.origin, key.trim());
    assert.ok(url.startsWith(`${store.s3.url}/${bucket.name}/`), url);
  });
});

/** The commands that the head of a file names, without `npm run`. */
const commandsIn = (text: string): unknown[] =>
  [...text.matchAll(/^# {3}npm (?:run )?(\S.*?) {2,}/gm)].map(([, command]) => command);
const COMMANDS = ['admin -- provision', 'admin -- keys create --admin', 'start', 'work'];

describe('a service by deploy/env/postgres.env', { skip: NO_POSTGRES_CLOUD }, () => {
  it('keeps everything in bucket and database, by the commands that the file names', async () => {
    await using folder = await temporaryFolder();
    await using store = await s3ForTests();
    await using bucket = await createBucket(store.s3);
    await using database = await createOwnDatabase();
    const own = {
      DATABASE_URL: database.url,
      S3_BUCKET: bucket.name,
      AWS_ENDPOINT_URL_S3: store.s3.url,
      S3_PROFILE: 'ceph',
      AWS_REGION: store.s3.region,
      AWS_ACCESS_KEY_ID: store.s3.accessKeyId,
      AWS_SECRET_ACCESS_KEY: store.s3.secretAccessKey,
      PUBLIC_URL,
      TRUSTED_PROXIES: '127.0.0.1',
    };
    const text = await textOf('postgres');
    await configure(folder.path, filled(text, own));
    const configured = { folder: folder.path };
    assert.deepEqual(commandsIn(text), COMMANDS);

    const provisioned = await runIn(configured, 'admin.ts', 'provision');
    assert.equal(provisioned.exitCode, 0, provisioned.output);
    const created = await runIn(configured, 'admin.ts', 'keys', 'create', '--admin');
    assert.equal(created.exitCode, 0, created.output);
    const { key } = JSON.parse(created.output) as { key: string };
    await using service = await startIn(configured);
    await using _worker = await workIn(configured);
    const url = await useWith(service.origin, key);
    assert.ok(url.startsWith(`${store.s3.url}/${bucket.name}/`), url);
  });
});

describe('a service by deploy/env/aws.env', { skip: NO_QUEUED_CLOUD }, () => {
  it('keeps everything in bucket, table and queue, by the commands that the file names', async () => {
    await using folder = await temporaryFolder();
    await using store = await s3ForTests();
    await using dynamo = await dynamoForTests();
    await using sqs = await sqsForTests();
    await using bucket = await createBucket(store.s3);
    await using table = freeTableName(dynamo.dynamo);
    await using queue = freeQueueName(sqs.sqs);
    const own = {
      AWS_REGION: store.s3.region,
      S3_BUCKET: bucket.name,
      DYNAMO_TABLE: table.name,
      SQS_QUEUE_URL: queue.sqs.url,
      PUBLIC_URL,
      TRUSTED_PROXIES: '127.0.0.1',
    };
    const text = await textOf('aws');
    await configure(folder.path, filled(text, own));
    /** Where the servers for tests stand in for Amazon's, and the key that a role would be. */
    const environment = {
      S3_PROFILE: 'ceph',
      AWS_ENDPOINT_URL_S3: store.s3.url,
      AWS_ENDPOINT_URL_DYNAMODB: dynamo.dynamo.url,
      AWS_ACCESS_KEY_ID: store.s3.accessKeyId,
      AWS_SECRET_ACCESS_KEY: store.s3.secretAccessKey,
    };
    const configured = { folder: folder.path, environment };
    assert.deepEqual(commandsIn(text), COMMANDS);

    const provisioned = await runIn(configured, 'admin.ts', 'provision');
    assert.equal(provisioned.exitCode, 0, provisioned.output);
    const created = await runIn(configured, 'admin.ts', 'keys', 'create', '--admin');
    assert.equal(created.exitCode, 0, created.output);
    const { key } = JSON.parse(created.output) as { key: string };
    await using service = await startIn(configured);
    await using _worker = await workIn(configured);
    const url = await useWith(service.origin, key);
    assert.ok(url.startsWith(`${store.s3.url}/${bucket.name}/`), url);
  });
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import {
  BatchExecuteStatementCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ExecuteStatementCommand,
  ExecuteTransactionCommand,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import { answers } from './answers.ts';
import type { DynamoEndpoint } from './dynamo-endpoint.ts';
import { type DynamoForTests, dynamoForTests } from './dynamo-for-tests.ts';
import { NO_DYNOXIDE, startDynoxide } from './dynoxide.ts';
import { createPathWithoutCeph } from './path-without-ceph.fixture.ts';
import { askSharedServers, TEST_SERVERS_URL } from './shared-servers.ts';
import { startByHand } from './started-by-hand.fixture.ts';
import { createTable } from './table.ts';

const LOOK_EVERY_MS = 20;

const clientOf = (dynamo: DynamoEndpoint, endpoint = dynamo.url): DynamoDBClient =>
  new DynamoDBClient({ endpoint, region: dynamo.region, credentials: dynamo });

describe('dynoxide', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  it('keeps an item in the table of one test, and removes the table after the test', async () => {
    const table = await createTable(server.dynamo);
    const at = { TableName: table.name };
    const item = { pk: { S: 'I#1' }, sk: { S: 'I' }, g1p: { S: 'U#ada' }, g1s: { S: '1' } };
    await table.client.send(new PutItemCommand({ ...at, Item: item }));
    const Key = { pk: item.pk, sk: item.sk };
    const found = await table.client.send(new GetItemCommand({ ...at, Key }));
    assert.deepEqual(found.Item, item);
    const query = {
      IndexName: 'gsi1',
      KeyConditionExpression: 'g1p = :p',
      ExpressionAttributeValues: { ':p': item.g1p },
    };
    const page = await table.client.send(new QueryCommand({ ...at, ...query }));
    assert.deepEqual(page.Items, [item]);
    await using other = await createTable(server.dynamo);
    const absent = await other.client.send(new GetItemCommand({ TableName: other.name, Key }));
    assert.equal(absent.Item, undefined);

    await table[Symbol.asyncDispose]();
    const client = clientOf(server.dynamo);
    await assert.rejects(client.send(new DescribeTableCommand(at)), { name: 'ResourceNotFoundException' });
    client.destroy();
  });

  it('refuses operations that may scan, and then fails its test file', async () => {
    const own = await startDynoxide();
    const table = await createTable(own.dynamo);
    const at = { TableName: table.name };
    const Statement = `SELECT * FROM "${table.name}"`;
    const refused = { name: 'ValidationException', message: /^Nothing may scan: / };
    await assert.rejects(table.client.send(new ScanCommand(at)), refused);
    await assert.rejects(table.client.send(new ExecuteStatementCommand({ Statement })), refused);
    const Statements = [{ Statement }];
    await assert.rejects(table.client.send(new BatchExecuteStatementCommand({ Statements })), refused);
    await assert.rejects(table.client.send(new ExecuteTransactionCommand({ TransactStatements: Statements })), refused);
    assert.deepEqual(
      own.refusedScans.map((scan) => scan.split(' ')[0]),
      ['Scan', 'ExecuteStatement', 'BatchExecuteStatement', 'ExecuteTransaction'],
    );

    const checker = clientOf(own.dynamo, own.dynamo.directUrl);
    assert.equal((await checker.send(new ScanCommand(at))).Count, 0);
    checker.destroy();
    await table[Symbol.asyncDispose]();
    const failure = new RegExp(`^Error: nothing may scan; got Scan .*${table.name}`);
    await assert.rejects(async () => own[Symbol.asyncDispose](), failure);
    assert.equal(existsSync(own.folder), false);
  });

  it('fails a run with a refused scan, even without Ceph', async () => {
    await using path = await createPathWithoutCeph();
    const file = (name: string) => join(import.meta.dirname, name);
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--test', `--test-global-setup=${file('for-a-run.ts')}`, file('scanning-run.fixture.ts')],
      { env: { PATH: path.path }, encoding: 'utf8' },
    );
    assert.match(stdout, /^. pass 1$/m);
    assert.match(stderr, /^Nothing may scan, .*: Scan \{"TableName":"all-of-it"\}$/m);
    assert.equal(status, 1);
  });

  it('runs beside another server, and leaves no file', async () => {
    const [one, other] = await Promise.all([startDynoxide(), startDynoxide()]);
    await using table = await createTable(one.dynamo);
    const client = clientOf(other.dynamo);
    assert.deepEqual((await client.send(new ListTablesCommand())).TableNames, []);
    assert.equal(await other.stop('passed'), undefined);
    assert.deepEqual([existsSync(one.folder), existsSync(other.folder)], [true, false]);
    assert.equal(await answers(other.dynamo.directUrl), false);
    await assert.rejects(client.send(new ListTablesCommand()), { code: 'ECONNREFUSED' });
    client.destroy();
    await table.client.send(new DescribeTableCommand({ TableName: table.name }));
  });

  it('prints an environment for SDKs if started by hand, and ends on Ctrl-C', async () => {
    await using path = await createPathWithoutCeph();
    await using started = await startByHand({ PATH: path.path });
    const { process: child, folders, environment } = started;
    assert.deepEqual(
      [...environment.keys()].filter((name) => /URL|S3/.test(name)),
      ['AWS_ENDPOINT_URL_DYNAMODB', 'AWS_ENDPOINT_URL_SQS', 'SQS_QUEUE_URL', TEST_SERVERS_URL],
    );
    const client = new DynamoDBClient({
      endpoint: environment.get('AWS_ENDPOINT_URL_DYNAMODB') ?? '',
      region: environment.get('AWS_REGION') ?? '',
      credentials: {
        accessKeyId: environment.get('AWS_ACCESS_KEY_ID') ?? '',
        secretAccessKey: environment.get('AWS_SECRET_ACCESS_KEY') ?? '',
      },
    });
    const { Table } = await client.send(new DescribeTableCommand({ TableName: environment.get('DYNAMO_TABLE') }));
    assert.equal(Table?.TableStatus, 'ACTIVE');
    client.destroy();
    child.kill('SIGINT');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
    assert.equal(existsSync(folders.dynoxide), false);
  });

  it('ends when the process that started it is killed', async ({ signal }) => {
    await using path = await createPathWithoutCeph();
    await using started = await startByHand({ PATH: path.path });
    const { directUrl } = await askSharedServers(started.environment.get(TEST_SERVERS_URL) ?? '', 'dynamo');
    assert.equal(await answers(directUrl), true);
    started.process.kill('SIGKILL');
    while (await answers(directUrl)) await wait(LOOK_EVERY_MS, undefined, { signal });
  });
});

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, it } from 'node:test';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import { freePort } from '../../../../../../test/servers/free-port.ts';
import { createTable as createTestTable } from '../../../../../../test/servers/table.ts';
import { hearing } from '../../../observe/observer/hearing.fixture.ts';
import { BY_CAPTURE, BY_DUE_TIME, type IndexDefinition, tableDefinition } from '../../dynamodb/schema.ts';
import { requireAgreement } from '../../dynamodb/table-check.fixture.ts';
import { addReady } from '../sample-images.fixture.ts';
import { type OpenDynamodbOptions, openDynamodb } from './open.ts';

function definitionWithout(table: string, index: IndexDefinition): CreateTableCommandInput {
  const { GlobalSecondaryIndexes = [], AttributeDefinitions = [], ...definition } = tableDefinition(table);
  const keys: readonly unknown[] = [index.partition, index.sort];
  return {
    ...definition,
    GlobalSecondaryIndexes: GlobalSecondaryIndexes.filter(({ IndexName }) => IndexName !== index.name),
    AttributeDefinitions: AttributeDefinitions.filter(({ AttributeName }) => !keys.includes(AttributeName)),
  };
}

describe('opening a table', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  let client: DynamoDBClient;
  before(async () => {
    server = await dynamoForTests();
    const { url, region } = server.dynamo;
    client = new DynamoDBClient({ endpoint: url, region, credentials: server.dynamo });
  });
  after(async () => {
    client.destroy();
    await server[Symbol.asyncDispose]();
  });

  const optionsOf = (table: string, more: Partial<OpenDynamodbOptions> = {}): OpenDynamodbOptions => ({
    table,
    region: server.dynamo.region,
    endpoint: server.dynamo.url,
    credentials: server.dynamo,
    caBundle: null,
    shards: 8,
    writtenShards: 8,
    globalLists: true,
    quotas: null,
    observe: hearing('warning', ({ sentence }) => assert.fail(sentence)),
    ...more,
  });

  const refused = (options: OpenDynamodbOptions, detail: RegExp) =>
    assert.rejects(openDynamodb(options), { name: 'AppError', code: 'unavailable', detail });

  it('returns a repository and the secret that all processes of the table share', async () => {
    await using storage = await createTestTable(server.dynamo);
    await using one = await openDynamodb(optionsOf(storage.name));
    await using other = await openDynamodb(optionsOf(storage.name));
    const { id } = await addReady(one.images);
    assert.equal((await other.images.get(id))?.id, id);
    assert.equal(await one.ownSecret(), await other.ownSecret());
    await requireAgreement(storage);
  });

  it('fails without the table, with the command that creates it', async () => {
    await refused(
      optionsOf('safelight-absent'),
      /^There is no table safelight-absent at http:\S+: make it by npm run admin -- provision$/,
    );
  });

  it('fails every time for a table with other keys', async () => {
    const TableName = `foreign-${crypto.randomUUID()}`;
    await client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [
          { AttributeName: 'user_id', KeyType: 'HASH' },
          { AttributeName: 'image_id', KeyType: 'RANGE' },
        ],
        AttributeDefinitions: ['user_id', 'image_id'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      }),
    );
    const sentence =
      /has the keys user_id \(HASH\), image_id \(RANGE\), expected pk \(HASH\), sk \(RANGE\).*set DYNAMO_TABLE to another name, and run npm run admin -- provision$/;
    for (let time = 0; time < 10; time += 1) await refused(optionsOf(TableName), sentence);
  });

  it('fails for a table that lacks an index, and writes nothing to it', async () => {
    const TableName = `unfinished-${crypto.randomUUID()}`;
    await client.send(new CreateTableCommand(definitionWithout(TableName, BY_DUE_TIME)));
    await refused(optionsOf(TableName), /has no index gsi3: run npm run admin -- provision$/);
    const Key = { pk: { S: 'S#shards' }, sk: { S: 'S' } };
    assert.equal((await client.send(new GetItemCommand({ TableName, Key }))).Item, undefined);
  });

  it('has lists by capture with their index and once a walk has finished, and starts without the index', async () => {
    const TableName = `without-${crypto.randomUUID()}`;
    await client.send(new CreateTableCommand(definitionWithout(TableName, BY_CAPTURE)));
    await using without = await openDynamodb(optionsOf(TableName));
    assert.deepEqual([await without.images.ordersByCapture(), without.images.places], ['none', null]);
    await addReady(without.images);

    await using whole = await createTestTable(server.dynamo);
    for (const [name, expected] of [
      [TableName, 'none'],
      [whole.name, 'of-each-owner'],
    ] as const) {
      const [pk, sk] = [{ S: 'S#capture' }, { S: 'S' }];
      await client.send(new PutItemCommand({ TableName: name, Item: { pk, sk, serving: { N: '1' } } }));
      await using opened = await openDynamodb(optionsOf(name));
      assert.equal(await opened.images.ordersByCapture(), expected);
    }
    await requireAgreement(whole);
  });

  it('fails for a table whose index of lists by capture has other keys', async () => {
    const TableName = `wrong-${crypto.randomUUID()}`;
    const { GlobalSecondaryIndexes = [], ...definition } = tableDefinition(TableName);
    const wrong = GlobalSecondaryIndexes.map((index) =>
      index.IndexName === BY_CAPTURE.name ? { ...index, Projection: { ProjectionType: 'ALL' as const } } : index,
    );
    await client.send(new CreateTableCommand({ ...definition, GlobalSecondaryIndexes: wrong }));
    await refused(
      optionsOf(TableName),
      /^The index gsi4 of the table wrong-\S+ has the keys g4p \(HASH\), g4s \(RANGE\) and ALL projected, expected the keys .* and KEYS_ONLY projected/,
    );
  });

  it('fails for a process that reads fewer shards than others write', async () => {
    await using storage = await createTestTable(server.dynamo);
    await using _ = await openDynamodb(optionsOf(storage.name));
    await refused(optionsOf(storage.name, { shards: 4, writtenShards: 4 }), /set FEED_SHARDS to 8 or more$/);
  });

  it('fails at an address without a listener, and at one of another service', async () => {
    const nobody = `http://127.0.0.1:${await freePort()}`;
    await refused(
      optionsOf('any', { endpoint: nobody }),
      /^http:\S+ can't be reached \(ECONNREFUSED\): check AWS_ENDPOINT_URL_DYNAMODB/,
    );

    const other = createServer((_, answer) => answer.end('<html>hello</html>')).listen(0, '127.0.0.1');
    try {
      await new Promise((resolve) => other.once('listening', resolve));
      const address = other.address();
      assert.ok(address && typeof address === 'object');
      const endpoint = `http://127.0.0.1:${address.port}`;
      await refused(
        optionsOf('any', { endpoint }),
        /^http:\S+ is not DynamoDB: set AWS_ENDPOINT_URL_DYNAMODB to where it is$/,
      );
    } finally {
      other.closeAllConnections();
      other.close();
    }
  });
});

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  type GlobalSecondaryIndex,
  PutItemCommand,
  QueryCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import { startFront } from '../../../../../../test/servers/front.ts';
import {
  attributesOf,
  BY_DUE_TIME,
  BY_OWNER,
  BY_SHARD,
  INDEXES,
  indexSchemaOf,
  keySchemaOf,
  TABLE_KEY,
} from '../../../records/dynamodb/schema.ts';
import type { Outcome } from '../make-right.ts';
import { operationOf, sendChanged, sendError, sendJson } from './amazons-answers.fixture.ts';
import { type ProvisionTableOptions, provisionTable } from './provision-table.ts';
import { freeTableName, stateOf, type TableName } from './provisioned-table.fixture.ts';

const awsKeys = { accessKeyId: 'key', secretAccessKey: 'secret' };

const run = ({ dynamodb }: TableName, options: Partial<ProvisionTableOptions> = {}) =>
  provisionTable({ dynamodb, awsKeys, mode: 'apply', ...options });

const changesIn = (outcomes: readonly Outcome[]): string[] =>
  outcomes.flatMap((one) => (one.kind === 'compared' ? one.difference : []));

const leftOut = (outcomes: readonly Outcome[]): string[] =>
  outcomes.flatMap((one) => (one.kind === 'compared' ? one.except : `${one.aspect}: ${one.why}`));

/** The required state of a table, in the store's form. */
const RIGHT = {
  keys: ['pk HASH', 'sk RANGE'],
  indexes: [
    { name: 'gsi1', keys: ['g1p HASH', 'g1s RANGE'], projection: 'ALL', status: 'ACTIVE' },
    { name: 'gsi2', keys: ['g2p HASH', 'g2s RANGE'], projection: 'ALL', status: 'ACTIVE' },
    { name: 'gsi3', keys: ['g3p HASH', 'g3s RANGE'], projection: 'KEYS_ONLY', status: 'ACTIVE' },
    { name: 'gsi4', keys: ['g4p HASH', 'g4s RANGE'], projection: 'KEYS_ONLY', status: 'ACTIVE' },
  ],
  billing: 'PAY_PER_REQUEST',
  isProtected: true,
  timeToLive: { TimeToLiveStatus: 'ENABLED', AttributeName: 'ttl' },
};

/** A table with these indexes only; DynamoDB refuses definitions of attributes that are not keys. */
const withIndexes = (indexes: readonly GlobalSecondaryIndex[]) => ({
  AttributeDefinitions: [
    ...attributesOf(TABLE_KEY),
    ...indexes.flatMap(({ KeySchema = [] }) =>
      KeySchema.map(({ AttributeName }) => ({ AttributeName, AttributeType: 'S' as const })),
    ),
  ],
  GlobalSecondaryIndexes: indexes.length > 0 ? [...indexes] : undefined,
});

describe('npm run admin -- provision of a table', { skip: NO_DYNOXIDE, concurrency: true }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());
  const freeName = () => freeTableName(server.dynamo);

  it('creates a missing table, and changes nothing the second time', async () => {
    await using table = freeName();
    const first = await run(table);
    assert.equal(changesIn(first)[0], `none -> ${table.name} in us-east-1, with its indexes gsi1, gsi2, gsi3, gsi4`);
    assert.deepEqual(await stateOf(table), RIGHT);
    assert.deepEqual(changesIn(await run(table)), []);
    assert.deepEqual(await stateOf(table), RIGHT);
  });

  it('reports in a dry run all changes for a missing table, and creates none', async () => {
    await using table = freeName();
    const told = changesIn(await run(table, { mode: 'dry-run' }));
    assert.equal(await stateOf(table), undefined);
    assert.deepEqual(told, changesIn(await run(table)));
  });

  it('reports in a dry run what it would change, and changes nothing', async () => {
    await using table = freeName();
    await table.create(withIndexes([indexSchemaOf(BY_SHARD)]));
    const before = await stateOf(table);
    const told = changesIn(await run(table, { mode: 'dry-run' }));
    assert.deepEqual(await stateOf(table), before);
    assert.deepEqual(told, changesIn(await run(table)), 'expected the changes of the next run');
    assert.deepEqual(changesIn(await run(table, { mode: 'dry-run' })), []);
  });

  for (const kept of [[BY_OWNER, BY_DUE_TIME], [BY_SHARD], [BY_OWNER, BY_SHARD, BY_DUE_TIME], []]) {
    const missing = INDEXES.filter((index) => !kept.some(({ name }) => name === index.name));
    const names = missing.map(({ name }) => name).join(' and ');

    it(`adds ${names} to an existing table, with its items`, async () => {
      await using table = freeName();
      await table.create(withIndexes(kept.map(indexSchemaOf)));
      const keys = Object.fromEntries(
        INDEXES.flatMap(({ partition, sort }) => [partition, sort]).map((one) => [one, { S: one }]),
      );
      const Item = { pk: { S: 'I#1' }, sk: { S: 'I' }, ...keys };
      await table.client.send(new PutItemCommand({ TableName: table.name, Item }));

      const told = changesIn(await run(table)).filter((line) => line.includes('gsi'));
      assert.deepEqual(
        told.map((line) => line.split(' ')[2]),
        missing.map(({ name }) => name),
      );
      assert.deepEqual(await stateOf(table), RIGHT);
      for (const { name, partition } of INDEXES) {
        const found = await table.client.send(
          new QueryCommand({
            TableName: table.name,
            IndexName: name,
            KeyConditionExpression: `${partition} = :partition`,
            ExpressionAttributeValues: { ':partition': { S: partition } },
          }),
        );
        assert.equal(found.Count, 1, name);
      }
      assert.deepEqual(changesIn(await run(table)), []);
    });
  }

  it('makes each change only after the previous one is complete, as Amazon requires', async () => {
    await using table = freeName();
    await table.create(withIndexes([]));
    const changes: string[] = [];
    let busyLooks = 4; // another process is changing the table when the first index is due
    await using front = await startFront((incoming, outgoing) => {
      if (operationOf(incoming) === 'UpdateTable') {
        if (busyLooks > 0) return sendError(outgoing, 'ResourceInUseException', 'Table is being updated');
        changes.push('UpdateTable');
        busyLooks = 2;
      }
      if (operationOf(incoming) !== 'DescribeTable' || busyLooks === 0) return server.dynamo.url;
      busyLooks -= 1;
      void sendChanged(server.dynamo.url, incoming, outgoing, (answer) => ({
        Table: { ...answer.Table, TableStatus: 'UPDATING' },
      }));
      return undefined;
    });
    await run(table, { dynamodb: { ...table.dynamodb, endpoint: front.url } });
    assert.deepEqual(await stateOf(table), RIGHT);
    assert.equal(changes.length, INDEXES.length + 1, 'indexes, and deletion protection');
    assert.equal(busyLooks, 0, 'expected a wait for the last change, too');
  });

  it('waits for an index that is being created, but not forever', async () => {
    await using table = freeName();
    await table.create();
    let growingLooks = Number.POSITIVE_INFINITY;
    await using front = await startFront((incoming, outgoing) => {
      if (operationOf(incoming) !== 'DescribeTable' || growingLooks === 0) return server.dynamo.url;
      growingLooks -= 1;
      void sendChanged(server.dynamo.url, incoming, outgoing, ({ Table }) => ({
        Table: {
          ...Table,
          GlobalSecondaryIndexes: INDEXES.map((index) => ({ ...indexSchemaOf(index), IndexStatus: 'CREATING' })),
        },
      }));
      return undefined;
    });
    const dynamodb = { ...table.dynamodb, endpoint: front.url };
    const growing = INDEXES.map(({ name }) => `${name}: CREATING -> ACTIVE`);
    const dry = changesIn(await run(table, { dynamodb, mode: 'dry-run' }));
    assert.deepEqual(dry.slice(0, INDEXES.length), growing);

    growingLooks = 5;
    assert.deepEqual(changesIn(await run(table, { dynamodb })).slice(0, INDEXES.length), growing);
    assert.equal(growingLooks, 0);

    growingLooks = Number.POSITIVE_INFINITY;
    await assert.rejects(run(table, { dynamodb, waitMs: 0 }), {
      code: 'unavailable',
      detail: `The table ${table.name} is not ready after 0 minutes (${INDEXES.map(({ name }) => `its index ${name} is CREATING`).join(', ')}): DynamoDB continues by itself; run npm run admin -- provision again later`,
    });
  });

  it('leaves a table with other keys unchanged, and reports the remedy', async () => {
    await using table = freeName();
    const KeySchema = keySchemaOf({ partition: 'user_id', sort: 'image_id' });
    const AttributeDefinitions = attributesOf({ partition: 'user_id', sort: 'image_id' });
    await table.create({ KeySchema, AttributeDefinitions, GlobalSecondaryIndexes: undefined });
    const before = await stateOf(table);
    await assert.rejects(run(table), {
      code: 'unavailable',
      detail: `The table ${table.name} has the keys user_id (HASH), image_id (RANGE), expected pk (HASH), sk (RANGE): it is another program's; set DYNAMO_TABLE to another name, and run npm run admin -- provision`,
    });
    assert.deepEqual(await stateOf(table), before);
  });

  it('leaves a table with keys of another type unchanged', async () => {
    await using table = freeName();
    const AttributeDefinitions = [
      { AttributeName: 'pk', AttributeType: 'S' as const },
      { AttributeName: 'sk', AttributeType: 'N' as const },
    ];
    await table.create({ AttributeDefinitions, GlobalSecondaryIndexes: undefined });
    await assert.rejects(run(table), { detail: /has the keys pk \(HASH\), sk \(RANGE, N\), expected pk/ });
  });

  for (const [what, foreign, says] of [
    [
      'another key',
      { KeySchema: keySchemaOf({ partition: 'owner', sort: 'g1s' }) },
      'the keys owner (HASH), g1s (RANGE) and ALL projected',
    ],
    [
      'fewer attributes',
      { Projection: { ProjectionType: 'KEYS_ONLY' as const } },
      'the keys g1p (HASH), g1s (RANGE) and KEYS_ONLY projected',
    ],
  ] as const) {
    it(`never removes an index of its own name with ${what}`, async () => {
      await using table = freeName();
      await table.create(withIndexes([{ ...indexSchemaOf(BY_OWNER), ...foreign }]));
      const before = await stateOf(table);
      await assert.rejects(run(table), {
        code: 'unavailable',
        detail: `The index gsi1 of the table ${table.name} has ${says}, expected the keys g1p (HASH), g1s (RANGE) and ALL projected: if nothing else uses it, delete it (aws dynamodb update-table), and run npm run admin -- provision; otherwise set DYNAMO_TABLE to another name`,
      });
      assert.deepEqual(await stateOf(table), before);
    });
  }

  it('keeps the indexes of others', async () => {
    await using table = freeName();
    const other = {
      ...indexSchemaOf(BY_OWNER),
      IndexName: 'by-size',
      KeySchema: keySchemaOf({ partition: 'a', sort: 'b' }),
    };
    await table.create(withIndexes([...INDEXES.map(indexSchemaOf), other]));
    await run(table);
    assert.deepEqual(
      (await stateOf(table))?.indexes.map(({ name }) => name),
      ['by-size', 'gsi1', 'gsi2', 'gsi3', 'gsi4'],
    );
  });

  it('switches a table to on-demand billing before it adds indexes', async () => {
    await using table = freeName();
    await table.create({
      ...withIndexes([]),
      BillingMode: 'PROVISIONED',
      ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 },
    });
    assert.equal(changesIn(await run(table))[0], 'BillingMode: PROVISIONED -> PAY_PER_REQUEST');
    assert.deepEqual(await stateOf(table), RIGHT);
  });

  it('reports a TTL on another attribute', async () => {
    await using table = freeName();
    await table.create();
    const TimeToLiveSpecification = { AttributeName: 'expires', Enabled: true };
    await table.client.send(new UpdateTimeToLiveCommand({ TableName: table.name, TimeToLiveSpecification }));
    await assert.rejects(run(table), {
      detail: /^Time to live of the table .* is by expires, expected ttl: switch it off .*an hour later$/,
    });
  });

  it('names a feature that the store refuses, and does the rest', async () => {
    await using table = freeName();
    const expected = ['point-in-time recovery: the store says UnknownOperationException'];
    assert.deepEqual(leftOut(await run(table, { mode: 'dry-run' })), expected);
    assert.deepEqual(leftOut(await run(table)), expected);
    assert.deepEqual(await stateOf(table), RIGHT);
  });

  it('enables point-in-time recovery in the format of Amazon, even for a table that does not support it yet', async () => {
    await using table = freeName();
    let status = 'DISABLED';
    const tries: string[] = [];
    await using front = await startFront((incoming, outgoing) => {
      const described = {
        ContinuousBackupsDescription: {
          ContinuousBackupsStatus: 'ENABLED',
          PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: status },
        },
      };
      switch (operationOf(incoming)) {
        case 'DescribeContinuousBackups':
          return sendJson(outgoing, described);
        case 'UpdateContinuousBackups':
          tries.push('UpdateContinuousBackups');
          if (tries.length < 3) {
            return sendError(outgoing, 'ContinuousBackupsUnavailableException', 'Backups are being enabled');
          }
          status = 'ENABLED';
          return sendJson(outgoing, described);
        default:
          return server.dynamo.url;
      }
    });
    const dynamodb = { ...table.dynamodb, endpoint: front.url };
    const outcomes = await run(table, { dynamodb });
    assert.deepEqual(
      outcomes.find(({ aspect }) => aspect === 'point-in-time recovery'),
      { aspect: 'point-in-time recovery', kind: 'compared', difference: ['off -> on'], except: [] },
    );
    assert.deepEqual([status, tries.length], ['ENABLED', 3]);
    assert.deepEqual(changesIn(await run(table, { dynamodb })), []);
    assert.deepEqual(leftOut(outcomes), []);
  });

  for (const [name, says] of [
    [
      'AccessDeniedException',
      /^The credentials may not change the table .* \(table: no\): run this with an administrator's$/,
    ],
    ['ResourceInUseException', /^The table .* is being changed by somebody else \(table: no\): run this again/],
    ['ValidationException', /^The store says ValidationException \(table: no\)$/],
  ] as const) {
    it(`reports the remedy: ${name}`, async () => {
      await using table = freeName();
      await using front = await startFront((incoming, outgoing) =>
        operationOf(incoming) === 'CreateTable' ? sendError(outgoing, name, 'no') : server.dynamo.url,
      );
      const dynamodb = { ...table.dynamodb, endpoint: front.url };
      await assert.rejects(run(table, { dynamodb }), { code: 'unavailable', detail: says });
    });
  }
});

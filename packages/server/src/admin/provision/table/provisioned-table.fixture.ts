import { randomUUID } from 'node:crypto';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DeleteTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb';
import type { DynamoEndpoint } from '../../../../../../test/servers/dynamo-endpoint.ts';
import { tableDefinition } from '../../../records/dynamodb/schema.ts';
import type { DynamodbConfig } from '../../../run/config/dynamodb-config.ts';

/** For tests: a free table name; its table is removed on disposal, even if it is protected. */
export interface TableName extends AsyncDisposable {
  readonly name: string;
  readonly client: DynamoDBClient;
  readonly dynamodb: DynamodbConfig;
  /** Creates the table with a wrong definition. */
  create(otherwise?: Partial<CreateTableCommandInput>): Promise<void>;
}

export function freeTableName(dynamo: DynamoEndpoint, TableName = `test-${randomUUID()}`): TableName {
  const client = new DynamoDBClient({ endpoint: dynamo.url, region: dynamo.region, credentials: dynamo });
  return {
    name: TableName,
    client,
    dynamodb: {
      table: TableName,
      region: dynamo.region,
      endpoint: dynamo.url,
      caBundle: null,
      shards: 3,
      writtenShards: 3,
      globalLists: true,
    },
    async create(otherwise) {
      await client.send(new CreateTableCommand({ ...tableDefinition(TableName), ...otherwise }));
    },
    async [Symbol.asyncDispose]() {
      if (await isThere(client, TableName)) {
        await client.send(new UpdateTableCommand({ TableName, DeletionProtectionEnabled: false }));
        await client.send(new DeleteTableCommand({ TableName }));
      }
      client.destroy();
    },
  };
}

const isThere = (client: DynamoDBClient, TableName: string): Promise<boolean> =>
  client.send(new DescribeTableCommand({ TableName })).then(
    () => true,
    (error: unknown) => {
      if (error instanceof Error && error.name === 'ResourceNotFoundException') return false;
      throw error;
    },
  );

/** The whole configuration of a table as the store reports it; undefined if there is no table. */
export async function stateOf({ client, name: TableName }: Pick<TableName, 'client' | 'name'>) {
  if (!(await isThere(client, TableName))) return undefined;
  const { Table = {} } = await client.send(new DescribeTableCommand({ TableName }));
  const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName }));
  const indexes = (Table.GlobalSecondaryIndexes ?? []).map(({ IndexName, KeySchema, Projection, IndexStatus }) => ({
    name: IndexName,
    keys: KeySchema?.map(({ AttributeName, KeyType }) => `${AttributeName} ${KeyType}`),
    projection: Projection?.ProjectionType,
    status: IndexStatus,
  }));
  return {
    keys: Table.KeySchema?.map(({ AttributeName, KeyType }) => `${AttributeName} ${KeyType}`),
    indexes: indexes.toSorted((one, other) => (one.name ?? '').localeCompare(other.name ?? '')),
    billing: Table.BillingModeSummary?.BillingMode,
    isProtected: Table.DeletionProtectionEnabled ?? false,
    timeToLive: TimeToLiveDescription,
  };
}

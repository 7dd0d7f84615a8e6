import { randomUUID } from 'node:crypto';
import { CreateTableCommand, DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { tableDefinition } from '../../packages/server/src/records/dynamodb/schema.ts';
import type { DynamoEndpoint } from './dynamo-endpoint.ts';

/** A table for one test, with the service's keys and indexes. */
export interface TestTable extends AsyncDisposable {
  readonly name: string;
  readonly dynamo: DynamoEndpoint;
  /** Refuses scans. */
  readonly client: DynamoDBClient;
}

export async function createTable(dynamo: DynamoEndpoint, name = `test-${randomUUID()}`): Promise<TestTable> {
  const client = new DynamoDBClient({ endpoint: dynamo.url, region: dynamo.region, credentials: dynamo });
  // Dynoxide's tables are ready at once; Amazon's need a wait.
  await client.send(new CreateTableCommand(tableDefinition(name)));
  return {
    name,
    dynamo,
    client,
    async [Symbol.asyncDispose]() {
      await client.send(new DeleteTableCommand({ TableName: name }));
      client.destroy();
    },
  };
}

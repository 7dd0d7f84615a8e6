import { after, before, describe } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import { createTable as createTestTable } from '../../../../../../test/servers/table.ts';
import { createTable } from '../../dynamodb/table.ts';
import { describeCoordination } from '../coordination.contract.ts';
import { createDynamodbCoordination } from './dynamodb.ts';

describe('DynamoDB', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  describeCoordination('DynamoDB', async () => {
    const storage = await createTestTable(server.dynamo);
    return {
      coordination: createDynamodbCoordination(createTable(storage.client, storage.name)),
      [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose](),
    };
  });
});

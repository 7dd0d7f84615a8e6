import { after, before, describe } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import { createTable as createTestTable } from '../../../../../../test/servers/table.ts';
import { createTable } from '../../dynamodb/table.ts';
import { describeRevocationRepository } from '../revocation-repository.contract.ts';
import { createDynamodbRevocationRepository } from './dynamodb.ts';

describe('DynamoDB', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  describeRevocationRepository('DynamoDB', async () => {
    const storage = await createTestTable(server.dynamo);
    const revocations = createDynamodbRevocationRepository(createTable(storage.client, storage.name));
    return { revocations, [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose]() };
  });
});

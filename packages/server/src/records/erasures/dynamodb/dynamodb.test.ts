import { after, before, describe } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import { createTable as createTestTable } from '../../../../../../test/servers/table.ts';
import { createTable } from '../../dynamodb/table.ts';
import { describeErasureRepository } from '../erasure-repository.contract.ts';
import { createDynamodbErasureRepository } from './dynamodb.ts';

describe('DynamoDB', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  describeErasureRepository('DynamoDB', async () => {
    const storage = await createTestTable(server.dynamo);
    const erasures = createDynamodbErasureRepository(createTable(storage.client, storage.name));
    return { erasures, [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose]() };
  });
});

import { after, before, describe } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import { describeCapture } from '../capture.contract.ts';
import { createServedHarness } from './dynamodb-harness.fixture.ts';

describe('DynamoDB', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  for (const readBudget of [1, 64])
    describe(`with a read budget of ${readBudget}`, () =>
      describeCapture(() => createServedHarness(server.dynamo, { readBudget })));
});

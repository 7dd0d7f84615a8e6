import { after, before, describe } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../test/servers/dynoxide.ts';
import { describeFleet } from './fleet.ts';
import { createTableEnvironment } from './gated-service.ts';

describe('processes with different gates on one table', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  describeFleet(() => createTableEnvironment(server.dynamo));
});

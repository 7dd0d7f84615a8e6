import { after, before, describe } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import { createTable } from '../../dynamodb/table.ts';
import { requireAgreement } from '../../dynamodb/table-check.fixture.ts';
import { createDynamodbHarness } from '../../images/dynamodb/dynamodb-harness.fixture.ts';
import { createGenerations } from '../../images/dynamodb/generations.ts';
import { describeMonths } from '../../images/months.contract.ts';

describe('DynamoDB', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  async function createHarness() {
    const harness = await createDynamodbHarness(server.dynamo);
    const generations = createGenerations(createTable(harness.table.client, harness.table.name));
    await generations.finish(await generations.begin());
    return {
      ...harness,
      async [Symbol.asyncDispose]() {
        await requireAgreement(harness.table);
        await harness[Symbol.asyncDispose]();
      },
    };
  }

  describeMonths(createHarness, ['ada']);
});

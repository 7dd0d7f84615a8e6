import { after, before, describe } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../../test-servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../test-servers/dynoxide.ts';
import { describeFind } from '../find.contract.ts';
import { describePages } from '../find-pages.contract.ts';
import { describeImageRepository } from '../image-repository.contract.ts';
import type { DynamodbImageRepositoryOptions } from './dynamodb.ts';
import { createDynamodbHarness } from './dynamodb-harness.fixture.ts';

describe('DynamoDB', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  const harness = (options?: Partial<DynamodbImageRepositoryOptions>) => createDynamodbHarness(server.dynamo, options);

  describeImageRepository('DynamoDB', () => harness());

  for (const readBudget of [1, 12]) {
    describe(`with a read budget of ${readBudget}`, () => {
      describeFind(() => harness({ readBudget }));
      describePages(() => harness({ readBudget }));
    });
  }
});

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import { describeFind } from '../find.contract.ts';
import { describePages } from '../find-pages.contract.ts';
import { describeImageRepository } from '../image-repository.contract.ts';
import { readyQuery } from '../list-model.fixture.ts';
import { addReady } from '../sample-images.fixture.ts';
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

  it('fills a page from many intersections', async () => {
    await using one = await harness({ shards: 8, writtenShards: 8 });
    const tags = ['red', 'green', 'blue'];
    await Promise.all(Array.from({ length: 60 }, () => addReady(one.images, { tags })));
    const { images } = await one.images.find(
      readyQuery({ tags, tagMode: 'any', contentType: 'image/jpeg', limit: 50 }),
    );
    assert.equal(images.length, 50);
  });

  for (const readBudget of [1, 12]) {
    describe(`with a read budget of ${readBudget}`, () => {
      describeFind(() => harness({ readBudget }));
      describePages(() => harness({ readBudget }));
    });
  }
});

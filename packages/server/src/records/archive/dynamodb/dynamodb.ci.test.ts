import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import { AppError } from '../../../domain/errors.ts';
import { imageKey } from '../../dynamodb/item-keys.ts';
import { giveAttributes, NEWER } from '../../dynamodb/raw-item.fixture.ts';
import { addReady } from '../../images/sample-images.fixture.ts';
import { createDynamodbArchiveHarness } from '../archive-harness.fixture.ts';
import { allOf, describeRecordArchive } from '../record-archive.contract.ts';

describe('DynamoDB', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  const create = () => createDynamodbArchiveHarness(server.dynamo);
  describeRecordArchive('DynamoDB', create);

  it('refuses a record of a newer version', async () => {
    await using harness = await create();
    const { id } = await addReady(harness.images);
    await giveAttributes(harness.storage, imageKey(id), NEWER);
    await assert.rejects(allOf(harness), (error: unknown) => {
      assert.ok(error instanceof AppError);
      assert.match(error.detail, new RegExp(`The record of image ${id}: .*which a newer Safelight wrote`));
      return true;
    });
  });
});

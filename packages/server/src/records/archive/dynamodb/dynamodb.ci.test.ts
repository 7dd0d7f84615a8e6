import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { BatchGetItemCommandInput } from '@aws-sdk/client-dynamodb';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import { AppError } from '../../../domain/errors.ts';
import { sampleDetails } from '../../../domain/facts/facts.fixture.ts';
import type { Image } from '../../../domain/image/image.ts';
import { imageKey } from '../../dynamodb/item-keys.ts';
import { giveAttributes, NEWER } from '../../dynamodb/raw-item.fixture.ts';
import { addReady, samplePending, samplePublished } from '../../images/sample-images.fixture.ts';
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

  it('reads an item of details for each image that needs them, and for no other', async () => {
    await using harness = await create();
    for (const userId of ['ada', 'bob', 'bob']) {
      const image = { ...samplePublished(samplePending({ userId })), hasDetails: true };
      await harness.archive.put({ kind: 'image', image, details: sampleDetails });
    }
    const read: unknown[] = [];
    harness.storage.client.middlewareStack.add(
      (next) => (args) => {
        const { RequestItems = {} } = args.input as Partial<BatchGetItemCommandInput>;
        read.push(...(RequestItems[harness.storage.name]?.Keys ?? []));
        return next(args);
      },
      { step: 'initialize' },
    );
    for (const [needsDetails, count] of [
      [undefined, 3],
      [({ userId }: Image) => userId === 'ada', 1],
      [() => false, 0],
    ] as const) {
      assert.equal((await allOf(harness, { needsDetails })).length, 3);
      assert.equal(read.splice(0).length, count);
    }
  });

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

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import { createTable as createTestTable } from '../../../../../../test/servers/table.ts';
import { revocationOf } from '../../../domain/access/revocation.ts';
import { viewRevocationKey } from '../../dynamodb/item-keys.ts';
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

  it('gives an item the last day of the revocation as its TTL, also when a later one replaces it', async () => {
    await using storage = await createTestTable(server.dynamo);
    const table = createTable(storage.client, storage.name);
    const revocations = createDynamodbRevocationRepository(table);
    for (const seconds of [0, 60]) {
      const tokens = { userId: 'ada', tokenId: null };
      await revocations.add(revocationOf(tokens, new Date(Date.UTC(2026, 0, 1, 0, 0, seconds, 1))));
      const item = await table.get(viewRevocationKey('ada', null));
      assert.equal(item?.['ttl']?.N, String(Date.UTC(2026, 0, 3, 0, 0, seconds + 3) / 1000), 'rounded up');
    }
  });
});

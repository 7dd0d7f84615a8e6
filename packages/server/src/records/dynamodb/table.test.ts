import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { BatchGetItemCommandInput, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type DynamoForTests, dynamoForTests } from '../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../test/servers/dynoxide.ts';
import { createTable as createTestTable } from '../../../../../test/servers/table.ts';
import { beforeCommand } from './before-command.fixture.ts';
import { attributesOfKey } from './item-keys.ts';
import { createTable } from './table.ts';

describe('reading many items', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  for (const count of [0, 1, 99, 100, 101, 950]) {
    it(`finds all ${count} of them with ${Math.ceil(count / 100)} calls`, async () => {
      await using storage = await createTestTable(server.dynamo);
      const table = createTable(storage.client, storage.name);
      const keys = Array.from({ length: count }, (_, n) => ({ pk: `T#ada#${n}`, sk: 'x' }));
      await Promise.all(keys.map((key) => table.put(attributesOfKey(key))));
      let calls = 0;
      beforeCommand(storage.client, 'BatchGetItemCommand', () => {
        calls += 1;
      });
      const found = await table.getMany(keys, 'eventual');
      assert.deepEqual(new Set(found.map(({ pk }) => pk?.S)), new Set(keys.map(({ pk }) => pk)));
      assert.equal(found.length, count);
      assert.equal(calls, Math.ceil(count / 100));
      const absent = { pk: 'T#ada#absent', sk: 'x' };
      assert.equal((await table.getMany([absent, ...keys.slice(1)], 'strong')).length, Math.max(0, count - 1));
    });
  }

  it('asks again for the keys that an answer left unprocessed', async () => {
    await using storage = await createTestTable(server.dynamo);
    const table = createTable(storage.client, storage.name);
    const keys = Array.from({ length: 100 }, (_, n) => ({ pk: `T#ada#${n}`, sk: 'x' }));
    await Promise.all(keys.map((key) => table.put(attributesOfKey(key))));
    let calls = 0;
    leaveUnprocessed(storage.client, storage.name, 40, () => {
      calls += 1;
    });
    const found = await table.getMany(keys, 'strong');
    assert.deepEqual(found.map(({ pk }) => pk?.S).toSorted(), keys.map(({ pk }) => pk).toSorted());
    assert.equal(calls, 3);
  });
});

/** Answers at most `count` keys of each batch, like DynamoDB above 16 MB. */
function leaveUnprocessed(client: DynamoDBClient, name: string, count: number, observe: () => void): void {
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const { RequestItems = {} } = args.input as BatchGetItemCommandInput;
        const request = RequestItems[name];
        if (commandName !== 'BatchGetItemCommand' || !request) return next(args);
        observe();
        const [Keys, left] = [request.Keys?.slice(0, count) ?? [], request.Keys?.slice(count) ?? []];
        const answer = await next({ ...args, input: { RequestItems: { [name]: { ...request, Keys } } } });
        const UnprocessedKeys = left.length > 0 ? { [name]: { ...request, Keys: left } } : {};
        return { ...answer, output: { ...answer.output, UnprocessedKeys } };
      },
    { step: 'initialize' },
  );
}

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import { createTable as createTestTable } from '../../../../../../test/servers/table.ts';
import { NOTICED_MS } from '../../dynamodb/noticed.ts';
import { createTable } from '../../dynamodb/table.ts';
import { createGenerations } from './generations.ts';

describe('generations', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  it('are begun, continued and served, one after another', async () => {
    await using storage = await createTestTable(server.dynamo);
    const table = createTable(storage.client, storage.name);
    const [one, other] = [createGenerations(table), createGenerations(table)];
    assert.deepEqual(await one.current(), { serving: null, building: null });
    assert.equal(await one.begin(), 1);
    assert.equal(await other.begin(), 1, 'expected the one that is built to be continued');
    assert.deepEqual(await one.current(), { serving: null, building: 1 });
    await one.finish(1);
    assert.deepEqual(await one.current(), { serving: 1, building: null });
    await other.finish(1);
    assert.equal(await other.begin(), 2);
    await assert.rejects(one.finish(3), { code: 'unavailable' });
    await one.finish(1);
    assert.deepEqual(await one.refresh(), { serving: 1, building: 2 });
    await other.finish(2);
    assert.deepEqual(await one.refresh(), { serving: 2, building: null });
    await assert.rejects(one.finish(1), { code: 'unavailable' });
  });

  it('begin as one, whichever process is first', async () => {
    await using storage = await createTestTable(server.dynamo);
    const table = createTable(storage.client, storage.name);
    const begun = await Promise.all(Array.from({ length: 10 }, () => createGenerations(table).begin()));
    assert.deepEqual([...new Set(begun)], [1]);
    await createGenerations(table).finish(1);
    const next = await Promise.all(Array.from({ length: 10 }, () => createGenerations(table).begin()));
    assert.deepEqual([...new Set(next)], [2]);
  });

  it('are noticed by other processes in time, with one read for all that wait', async () => {
    await using storage = await createTestTable(server.dynamo);
    const table = createTable(storage.client, storage.name);
    let [elapsedMs, reads] = [0, 0];
    const counted = {
      ...table,
      get: (key: Parameters<typeof table.get>[0]) => {
        reads += 1;
        return table.get(key);
      },
    };
    const other = createGenerations(counted, () => elapsedMs);
    await other.current();
    await createGenerations(table).begin();
    elapsedMs = NOTICED_MS - 1;
    assert.deepEqual(await other.current(), { serving: null, building: null });
    elapsedMs = NOTICED_MS;
    const known = await Promise.all([other.current(), other.current()]);
    assert.deepEqual(known, Array(2).fill({ serving: null, building: 1 }));
    assert.equal(reads, 2);
  });
});

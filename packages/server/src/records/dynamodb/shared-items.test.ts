import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../test/servers/dynoxide.ts';
import { createTable as createTestTable } from '../../../../../test/servers/table.ts';
import { requireForm, requireShards, sharedSecret } from './shared-items.ts';
import { createTable, type Table } from './table.ts';

describe('the processes of a table', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  async function emptyTable() {
    const storage = await createTestTable(server.dynamo);
    return {
      table: createTable(storage.client, storage.name),
      [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose](),
    };
  }

  it('share one secret of 32 bytes, even if all find none and write theirs', async () => {
    await using storage = await emptyTable();
    const allLooked = Promise.withResolvers<void>();
    let looking = 20;
    const table: Table = {
      ...storage.table,
      async get(key) {
        const item = await storage.table.get(key);
        looking -= 1;
        if (looking === 0) allLooked.resolve();
        await allLooked.promise;
        return item;
      },
    };
    const secrets = await Promise.all(Array.from({ length: looking }, () => sharedSecret(table)));
    const [secret = ''] = secrets;
    assert.equal(new Set(secrets).size, 1);
    assert.equal(Buffer.from(secret, 'base64url').length, 32);
    assert.equal(await sharedSecret(storage.table), secret, 'expected the secret to stay');

    await using other = await emptyTable();
    assert.notEqual(await sharedSecret(other.table), secret, 'expected another secret for another table');
  });

  it('open an unmarked table at once, also if one is done between two reads of another', async () => {
    await using storage = await emptyTable();
    const open = async (table: Table): Promise<void> => {
      await requireForm(table);
      await requireShards(table, { shards: 4, writtenShards: 4 });
    };
    let isFirst = true;
    const table: Table = {
      ...storage.table,
      async get(key) {
        const item = await storage.table.get(key);
        if (isFirst) {
          isFirst = false;
          await open(storage.table);
        }
        return item;
      },
    };
    await open(table);
    assert.ok(!isFirst);
  });

  it('do not start if they read fewer shards than others write', async () => {
    await using storage = await emptyTable();
    await requireShards(storage.table, { shards: 4, writtenShards: 4 });
    await requireShards(storage.table, { shards: 4, writtenShards: 4 });
    await requireShards(storage.table, { shards: 8, writtenShards: 4 });
    await requireShards(storage.table, { shards: 4, writtenShards: 4 });
    await requireShards(storage.table, { shards: 8, writtenShards: 8 });
    for (const options of [
      { shards: 4, writtenShards: 4 },
      { shards: 7, writtenShards: 7 },
    ]) {
      await assert.rejects(requireShards(storage.table, options), {
        name: 'AppError',
        code: 'unavailable',
        detail: `Images of the table are in 8 shards, but lists would read ${options.shards}: set FEED_SHARDS to 8 or more`,
      });
    }
    // A process that writes to fewer may continue if it reads all: it started before the number was raised.
    await requireShards(storage.table, { shards: 8, writtenShards: 4 });
    await assert.rejects(
      requireShards(storage.table, { shards: 4, writtenShards: 4 }),
      'expected the number to never decrease',
    );
  });

  it('share the highest number of written shards if they start at once', async () => {
    await using storage = await emptyTable();
    const starts = Array.from({ length: 12 }, (_, n) =>
      requireShards(storage.table, { shards: 12, writtenShards: ((n * 5) % 12) + 1 }),
    );
    await Promise.all(starts);
    await assert.rejects(requireShards(storage.table, { shards: 11, writtenShards: 1 }), /in 12 shards/);
  });
});

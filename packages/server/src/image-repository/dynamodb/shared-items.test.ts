import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../../test-servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../test-servers/dynoxide.ts';
import { createTable as createTestTable } from '../../../../../test-servers/table.ts';
import { requireShards, sharedSecret } from './shared-items.ts';
import { createTable } from './table.ts';

describe('what all processes of a table share', { skip: NO_DYNOXIDE }, () => {
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

  it('is one secret, of 32 bytes, though all ask for it at once', async () => {
    await using storage = await emptyTable();
    const secrets = await Promise.all(Array.from({ length: 20 }, () => sharedSecret(storage.table)));
    const [secret = ''] = secrets;
    assert.equal(new Set(secrets).size, 1);
    assert.equal(Buffer.from(secret, 'base64url').length, 32);
    assert.equal(await sharedSecret(storage.table), secret, 'and it stays');

    await using other = await emptyTable();
    assert.notEqual(await sharedSecret(other.table), secret, 'and no other table has it');
  });

  it('is how many shards are written: who looks into fewer does not start', async () => {
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
    await assert.rejects(requireShards(storage.table, { shards: 4, writtenShards: 4 }), 'the number never goes down');
  });

  it('is the highest number of shards of all who start at once', async () => {
    await using storage = await emptyTable();
    const starts = Array.from({ length: 12 }, (_, n) =>
      requireShards(storage.table, { shards: 12, writtenShards: ((n * 5) % 12) + 1 }),
    );
    await Promise.all(starts);
    await assert.rejects(requireShards(storage.table, { shards: 11, writtenShards: 1 }), /in 12 shards/);
  });
});

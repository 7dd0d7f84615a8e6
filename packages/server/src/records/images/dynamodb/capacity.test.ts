import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../../../test/servers/dynoxide.ts';
import { createTable as createTestTable, type TestTable } from '../../../../../../test/servers/table.ts';
import { createDynamodbAlbumRepository } from '../../albums/dynamodb/dynamodb.ts';
import { createDynamodbCoordination } from '../../coordination/dynamodb/dynamodb.ts';
import { type Cost, countCapacity, total } from '../../dynamodb/consumed-capacity.fixture.ts';
import { createTable } from '../../dynamodb/table.ts';
import { createLoggedChanges } from '../../events/dynamodb/changes.ts';
import { openDynamodbEventLog } from '../../events/dynamodb/dynamodb.ts';
import { createDynamodbKeyRepository } from '../../keys/dynamodb/dynamodb.ts';
import { createDynamodbRevocationRepository } from '../../revocations/dynamodb/dynamodb.ts';
import { createUnreadableRecords } from '../../unreadable-records.ts';
import { createRecounts } from '../../usage/dynamodb/recounts.ts';
import { createDynamodbUsage } from '../../usage/dynamodb/usage.ts';
import { createUsageCounts } from '../../usage/dynamodb/usage-counts.ts';
import { createDynamodbWebhookRepository } from '../../webhooks/dynamodb/dynamodb.ts';
import { addListed, PATTERNS, type Repositories } from './access-patterns.fixture.ts';
import { costRow, documentedCosts, parseWritten, writtenIn } from './documented-costs.fixture.ts';
import { createDynamodbImageRepository } from './dynamodb.ts';
import { createGenerations } from './generations.ts';

/** The default of FEED_SHARDS, as in the document. */
const SHARDS = { shards: 8, writtenShards: 8 };

/** Units written in the table, by the rules of docs/capacity.md. */
const ITEM = 2;
const FIRST_ITEM = 3; // the access becomes a transaction
const TAG = 4;
const TAG_OR_TYPE_OF_ALL_OWNERS = 2;
const ALBUM = 2 * ITEM; // a row, and its count
const FIVE_TAGS_OF_ALL_OWNERS = 6 * TAG_OR_TYPE_OF_ALL_OWNERS;

/** Accesses that the rules derive from documented ones: units in the table, and in its indexes. */
const DERIVED: Readonly<Record<string, readonly [from: string, more: number, inIndexes?: number]>> = {
  'grant, with usage': ['grant', FIRST_ITEM],
  'grant with an `Idempotency-Key`': ['grant', FIRST_ITEM],
  'grant with an `Idempotency-Key`, with usage': ['grant', FIRST_ITEM + ITEM],
  'grant by an upload token with `max_images`': ['grant', FIRST_ITEM],
  'grant by an upload token with `max_images`, with an `Idempotency-Key`': ['grant', FIRST_ITEM + ITEM],
  'grant by an upload token with `max_images`, with an `Idempotency-Key`, with usage': ['grant', FIRST_ITEM + 2 * ITEM],
  'grant, with an external id': ['grant', FIRST_ITEM],
  'grant with an `Idempotency-Key`, with an external id': ['grant', FIRST_ITEM + ITEM],
  'ready, 5 tags, with an external id': ['ready, 5 tags', 0],
  'grant given up, with an external id': ['grant given up', FIRST_ITEM],
  'delete, 5 tags, with an external id': ['delete, 5 tags', ITEM],
  'ready, 5 tags, with a metadata filter': ['ready, 5 tags', ITEM],
  'delete, 5 tags, with a metadata filter': ['delete, 5 tags', ITEM],
  'trash, 5 tags, with a metadata filter': ['trash, 5 tags', ITEM],
  'ready, 5 tags, without months': ['ready, 5 tags', -ITEM],
  'delete, 5 tags, without months': ['delete, 5 tags', -ITEM],
  'trash, 5 tags, without months': ['trash, 5 tags', -ITEM],
  'restore, 5 tags, without months': ['restore, 5 tags', -ITEM],
  'another description, without months': ['another description', 0],
  'another date, 5 tags, without months': ['another date, 5 tags', -2 * ITEM],
  'ready, 5 tags, with details': ['ready, 5 tags', ITEM],
  'delete, 5 tags, with details': ['delete, 5 tags', ITEM],
  'facts read again': ['another date, 5 tags', 0],
  'facts read, before the months of an image are counted': ['another date, 5 tags', -ITEM],
  'facts read again, with details': ['another date, 5 tags', ITEM],
  'ready, no tags': ['ready, 5 tags', -5 * TAG, -5],
  'ready, 20 tags': ['ready, 5 tags', 15 * TAG, 15],
  'ready, no tags, with usage': ['ready, 5 tags', ITEM - 5 * TAG, -5],
  'ready, 5 tags, with usage': ['ready, 5 tags', ITEM],
  'ready, 20 tags, with usage': ['ready, 5 tags', ITEM + 15 * TAG, 15],
  'held to ready, 5 tags': ['ready, 5 tags', 0],
  'held to ready, 5 tags, with usage': ['ready, 5 tags', ITEM],
  'ready, no tags, without global lists': ['ready, 5 tags', -5 * TAG - TAG_OR_TYPE_OF_ALL_OWNERS, -5],
  'ready, 5 tags, without global lists': ['ready, 5 tags', -FIVE_TAGS_OF_ALL_OWNERS],
  'ready, 20 tags, without global lists': ['ready, 5 tags', 15 * TAG - 21 * TAG_OR_TYPE_OF_ALL_OWNERS, 15],
  'ready, 5 tags, with events': ['ready, 5 tags', ITEM],
  'all of an upload, 5 tags, without months': ['all of an upload, 5 tags', -ITEM],
  'all of an upload, 5 tags, with usage': ['all of an upload, 5 tags', FIRST_ITEM + ITEM],
  'all of an upload, 5 tags, without global lists': ['all of an upload, 5 tags', -FIVE_TAGS_OF_ALL_OWNERS],
  'rejected, with usage': ['rejected', FIRST_ITEM],
  'another tag, without global lists': ['another tag', -2 * TAG_OR_TYPE_OF_ALL_OWNERS],
  'another description, with events': ['another description', FIRST_ITEM],
  'rendition maintenance done, with events': ['rendition maintenance done', 0],
  'delete, 5 tags, with usage': ['delete, 5 tags', ITEM],
  'delete, 5 tags, without global lists': ['delete, 5 tags', -FIVE_TAGS_OF_ALL_OWNERS],
  'delete, 5 tags, with events': ['delete, 5 tags', ITEM],
  'trash, 5 tags, with usage': ['trash, 5 tags', ITEM],
  'trash, 5 tags, without global lists': ['trash, 5 tags', -FIVE_TAGS_OF_ALL_OWNERS],
  'restore, 5 tags, with usage': ['restore, 5 tags', ITEM],
  'restore, 5 tags, without global lists': ['restore, 5 tags', -FIVE_TAGS_OF_ALL_OWNERS],
  'purge of a trashed image, with usage': ['purge of a trashed image', FIRST_ITEM],
  'grant given up, with usage': ['grant given up', FIRST_ITEM],
  'trash, 5 tags, in an album': ['trash, 5 tags', ALBUM, 3],
  'restore, 5 tags, in an album': ['restore, 5 tags', ALBUM, 3],
  'delete, 5 tags, in an album': ['delete, 5 tags', ALBUM, 3],
  'another date, 5 tags, in an album': ['another date, 5 tags', ITEM, 4],
};

/** Accesses that are too rare or too cheap for the document: calls, units read, units written. */
const BESIDES: Readonly<Record<string, readonly [calls: string, read: string, written: string]>> = {
  '`Idempotency-Key` of a direct upload': ['PutItem, UpdateItem', '', '2'],
  'first grant of an owner, with usage': ['TransactWriteItems', '', '6+4'],
  'ready, 5 tags, with renditions to be made': ['TransactWriteItems', '', '28+13'],
  'one event published': ['3 Query, GetItem, 2 PutItem, UpdateItem, DeleteItem', '4', '4'],
  'look of a mover at one shard': ['Query', '1', ''],
  'look of a reader of events': ['GetItem', '1', ''],
  'page of 50 events of a shard': ['Query', '2', ''],
  'details of an image': ['GetItem', '1', ''],
  'album created': ['PutItem', '', '1+1'],
  'album changed': ['UpdateItem', '', '1+1'],
  'album deleted': ['9 UpdateItem', '', '9+2'],
  'API key created': ['PutItem', '', '1+2'],
  'API key rotated': ['TransactWriteItems', '', '4+4'],
  'API key revoked': ['UpdateItem', '', '1+2'],
  'last use of an API key': ['UpdateItem', '', '1+2'],
  'API keys of an owner': ['Query', '2', ''],
  'delivery for a webhook added': ['BatchGetItem, PutItem', '1', '1'],
  'attempt of a delivery that is tried again': ['UpdateItem', '', '1'],
  'attempt of a delivery that ends it': ['TransactWriteItems', '', '6'],
};

describe('the cost of an access', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  let table: TestTable;
  let repositories: Repositories;
  let counter: ReturnType<typeof countCapacity>;
  const asked = new Set<unknown>();
  before(async () => {
    server = await dynamoForTests();
    table = await createTestTable(server.dynamo);
    table.client.middlewareStack.add(
      (next) => (args) => {
        asked.add('ReturnConsumedCapacity' in args.input ? args.input.ReturnConsumedCapacity : undefined);
        return next(args);
      },
      { step: 'initialize', priority: 'high', name: 'asked' },
    );
    counter = countCapacity(table.client);
    const calls = createTable(table.client, table.name);
    const defaults = { bytes: 1e15, images: null, pending: 1_000_000 };
    const recounts = createRecounts(calls, () => 0);
    const counts = createUsageCounts(calls, { defaults, recounts });
    const coordination = createDynamodbCoordination(calls);
    const unreadable = createUnreadableRecords(() => undefined);
    const standing = () => createGenerations(calls, () => 0); // it knows for ever what it has read once
    const [undated, walked, generations] = [standing(), standing(), standing()];
    await undated.current();
    const first = await walked.begin();
    await walked.refresh();
    await generations.finish(first);
    repositories = {
      undated: createDynamodbImageRepository(calls, { ...SHARDS, globalLists: true, generations: undated }),
      walked: createDynamodbImageRepository(calls, { ...SHARDS, globalLists: true, generations: walked }),
      counted: createDynamodbImageRepository(calls, { ...SHARDS, globalLists: true, generations, counts }),
      usage: createDynamodbUsage(calls, {
        defaults,
        isCounting: true,
        shards: SHARDS.shards,
        leases: coordination,
        counts,
        recounts,
        unreadable,
      }),
      images: createDynamodbImageRepository(calls, { ...SHARDS, globalLists: true, generations }),
      logged: createDynamodbImageRepository(calls, {
        ...SHARDS,
        globalLists: true,
        generations,
        changes: createLoggedChanges(calls),
      }),
      log: await openDynamodbEventLog(calls, { days: 7 }),
      ownLists: createDynamodbImageRepository(calls, { ...SHARDS, globalLists: false, generations }),
      albums: createDynamodbAlbumRepository(calls),
      coordination,
      keys: createDynamodbKeyRepository(calls),
      revocations: createDynamodbRevocationRepository(calls),
      webhooks: createDynamodbWebhookRepository(calls, { days: 7, clock: { now: () => new Date() } }),
    };
    await repositories.usage.setCounted(new Date());
    await addListed(repositories);
  });
  after(async () => {
    await table[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  async function costOf(pattern: string): Promise<Cost<unknown>> {
    const work = await PATTERNS[pattern]?.(repositories);
    if (!work) throw new Error(`expected a pattern; got ${pattern}`);
    const cost = await counter.costOf(work);
    assert.equal(cost.result, true);
    return cost;
  }
  const callsOf = ({ calls }: Cost<unknown>) => calls.map(({ operation, index }) => index ?? operation);

  for (const pattern of Object.keys(PATTERNS).filter((name) => !(name in DERIVED))) {
    it(`is as documented: ${pattern}`, async () => {
      const { price, ...cost } = costRow(await costOf(pattern));
      const [calls, read, written] = BESIDES[pattern] ?? [];
      const documented = (await documentedCosts()).get(pattern);
      assert.deepEqual({ price, ...cost }, documented ?? { price, calls, read, written });
    });
  }

  for (const [pattern, [from, more, inIndexes = 0]] of Object.entries(DERIVED)) {
    it(`follows the documented rules: ${pattern}`, async () => {
      const { read = '', written = '' } = (await documentedCosts()).get(from) ?? {};
      const { table, indexes } = parseWritten(written);
      const cost = costRow(await costOf(pattern));
      assert.deepEqual(
        [cost.read, cost.written],
        [read, writtenIn({ table: table + more, indexes: indexes + inIndexes })],
      );
    });
  }

  it('is known of these patterns, and no others', async () => {
    const known = [...(await documentedCosts()).keys(), ...Object.keys(DERIVED), ...Object.keys(BESIDES)];
    assert.deepEqual(known.toSorted(), Object.keys(PATTERNS).toSorted());
  });

  it('is not requested by the adapter itself', async () => {
    await costOf('all of an upload, 5 tags');
    await costOf('all of two tags');
    assert.deepEqual([...asked], [undefined]);
  });

  it('is one write for a grant, and one transaction with an Idempotency-Key or a counted upload token', async () => {
    assert.deepEqual(callsOf(await costOf('grant')), ['PutItem']);
    for (const pattern of [
      'grant with an `Idempotency-Key`',
      'grant by an upload token with `max_images`',
      'grant by an upload token with `max_images`, with an `Idempotency-Key`',
    ])
      assert.deepEqual(callsOf(await costOf(pattern)), ['TransactWriteItems']);
  });

  it('is one transaction for a grant that is counted and limited, whatever else it writes', async () => {
    for (const pattern of [
      'grant, with usage',
      'first grant of an owner, with usage',
      'grant with an `Idempotency-Key`, with usage',
      'grant by an upload token with `max_images`, with an `Idempotency-Key`, with usage',
    ])
      assert.deepEqual(callsOf(await costOf(pattern)), ['TransactWriteItems']);
  });

  it('is five to six units more for each change with events, and one more where the change was no transaction', async () => {
    const more = async (pattern: string) => {
      const [without, withEvents] = [await costOf(pattern), await costOf(`${pattern}, with events`)];
      return total(withEvents.written) - total(without.written);
    };
    const [one, hundred] = [await costOf('one event published'), await costOf('100 events of a shard published')];
    assert.equal(total(one.written), 4);
    assert.ok(total(hundred.written) / 100 < 3.1, `got ${total(hundred.written)} units`);
    assert.equal(await more('ready, 5 tags'), 2);
    assert.equal(await more('delete, 5 tags'), 2);
    assert.equal(await more('another description'), 3);
    assert.equal(await more('rendition maintenance done'), 0);
  });

  it('is one transaction to make an image of 5 tags ready', async () => {
    assert.deepEqual(callsOf(await costOf('ready, 5 tags')), ['TransactWriteItems']);
  });

  it('is one update to record failures or maintenance of a ready image', async () => {
    const notes = ['rendition failed', 'rendition maintenance scheduled', 'rendition maintenance done'];
    for (const pattern of notes) assert.deepEqual(callsOf(await costOf(pattern)), ['UpdateItem']);
  });

  it("is one query of at most 5 read units for a page of an owner's 50 images of 802 bytes", async () => {
    const cost = await costOf('an owner');
    assert.deepEqual(callsOf(cost), ['gsi1']);
    assert.ok(total(cost.read) <= 5, `got ${total(cost.read)} units`);
  });

  it("is one query and one batch for a page of an owner's images with a tag", async () => {
    assert.deepEqual(callsOf(await costOf('an owner, a tag')), ['Query', 'BatchGetItem']);
  });
});

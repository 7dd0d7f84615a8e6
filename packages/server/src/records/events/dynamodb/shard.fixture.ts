import assert from 'node:assert/strict';
import type { DynamoEndpoint } from '../../../../../../test/servers/dynamo-endpoint.ts';
import { createTable as createTestTable } from '../../../../../../test/servers/table.ts';
import { eventIdOf, eventOf } from '../../../domain/event/image-event.ts';
import type { LoggedEvent } from '../../../domain/event/logged-event.ts';
import { type Image, type ReadyImage, restore, tombstone, trash } from '../../../domain/image/image.ts';
import type { ImageId } from '../../../domain/image/image-id.ts';
import { outboxPartition } from '../../dynamodb/item-keys.ts';
import { createTable, type Table } from '../../dynamodb/table.ts';
import { createDynamodbImageRepository } from '../../images/dynamodb/dynamodb.ts';
import { newImageId, samplePending, samplePublished } from '../../images/sample-images.fixture.ts';
import { shardOf } from '../../shard-of.ts';
import type { EventLog } from '../event-log.ts';
import { createLoggedChanges } from './changes.ts';
import { createDynamodbEventLog } from './dynamodb.ts';
import { beginLog } from './heads.ts';

/** The shard of all images here, so that their events meet. */
export const SHARD = 3;
const SHARDS = 8;
/** So few that each step of a mover comes often. */
const SIZES = { pageItems: 4, batch: 3 };
const LATER = new Date('2027-01-01T00:00:00Z');

export const logIn = (table: Table): EventLog => createDynamodbEventLog(table, { shards: SHARDS, days: 7, ...SIZES });

export const imagesIn = (table: Table) =>
  createDynamodbImageRepository(table, {
    shards: 1,
    writtenShards: 1,
    globalLists: false,
    changes: createLoggedChanges(table),
  });

export async function createShard(dynamo: DynamoEndpoint) {
  const storage = await createTestTable(dynamo);
  const table = createTable(storage.client, storage.name);
  await beginLog(table);
  const log = logIn(table);
  /** The ids of the events of each image, in order. */
  const expected = new Map<ImageId, string[]>();
  let seen: readonly string[] = [];

  return {
    storage,
    table,
    log,

    /** An image's life: six events, or one for each of `states`. */
    async live(
      by: Table,
      { userId = 'ada', changes = 5 }: { userId?: string; changes?: number } = {},
    ): Promise<ImageId> {
      const images = imagesIn(by);
      const id = newIdIn(SHARD);
      expected.set(id, []);
      const pending = samplePending({ id, userId });
      assert.ok(await images.create(pending));
      let from: Image = pending;
      const become = async (to: Image) => {
        assert.ok(await images.replace(from, to), `expected ${id} to become ${to.status}; got a refusal`);
        const event = eventOf(from, to);
        assert.ok(event);
        expected.get(id)?.push(eventIdOf(event));
        from = to;
      };
      const states = [() => samplePublished(pending), ...lifeFrom(() => from)].slice(0, changes + 1);
      for (const state of states) await become(state());
      return id;
    },

    /**
     * The published events of the shard. Fails if anything has changed or appeared at or below what was published
     * before.
     */
    async look(by: EventLog = log): Promise<readonly LoggedEvent[]> {
      const until = (await by.head()).sequences[SHARD] ?? 0;
      const events = await readAll(by, until);
      const texts = events.map((event) => `${event.sequence} ${eventIdOf(event)}`);
      assert.deepEqual(texts.slice(0, seen.length), seen, 'what readers have seen');
      assert.deepEqual(
        events.map(({ sequence }) => sequence),
        events.map((_, index) => index + 1),
        'the sequences',
      );
      seen = texts;
      return events;
    },

    /** Fails unless each event is published once, in its order, for all and for its owner, and nothing waits. */
    async requireAll(): Promise<void> {
      const events = await this.look();
      const byImage = Map.groupBy(events, ({ imageId }) => imageId);
      for (const [id, ids] of expected)
        assert.deepEqual(byImage.get(id)?.map(eventIdOf), ids, 'the events of an image');
      assert.equal(byImage.size, expected.size);
      for (const [userId, own] of Map.groupBy(events, (event) => event.userId))
        assert.deepEqual(await readAll(log, events.length, userId), own, `the events of ${userId}`);
      assert.deepEqual(await waiting(table), [], 'what waits');
    },
  };

  async function readAll(by: EventLog, until: number, userId?: string): Promise<readonly LoggedEvent[]> {
    const events: LoggedEvent[] = [];
    for (let after = 0; after < until; ) {
      const slice = await by.read({ shard: SHARD, after, until, limit: 50, userId });
      events.push(...slice.events);
      after = slice.through;
    }
    return events;
  }
}

export async function waiting(table: Table): Promise<readonly string[]> {
  const { items } = await table.query({
    KeyConditionExpression: 'pk = :partition',
    ExpressionAttributeValues: { ':partition': { S: outboxPartition(SHARD) } },
    ConsistentRead: true,
  });
  return items.map(({ sk }) => sk?.S ?? '');
}

/** Moves until nothing waits. */
export async function moveAll(log: EventLog): Promise<void> {
  for (let round = 0; round < 200; round += 1) {
    const { moved, isMore } = await (log.mover?.move(SHARD, new Date()) ?? assert.fail('no mover'));
    if (!isMore && moved === 0) return;
  }
  assert.fail('expected an end of what waits; got 200 rounds');
}

export function newIdIn(shard: number): ImageId {
  for (;;) {
    const id = newImageId();
    if (shardOf(id, SHARDS) === shard) return id;
  }
}

function lifeFrom(current: () => Image): (() => Image)[] {
  const ready = () => current() as ReadyImage;
  const changed = (description: string) => () => ({ ...ready(), description, revision: ready().revision + 1 });
  return [
    changed('one'),
    () => trash(ready(), LATER, LATER),
    () => {
      const trashed = current();
      assert.ok(trashed.status === 'trashed');
      return restore(trashed, LATER, []);
    },
    changed('two'),
    () => tombstone(ready(), LATER),
  ];
}

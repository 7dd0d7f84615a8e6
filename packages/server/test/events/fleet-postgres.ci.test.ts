import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { listen } from '../services/listening-service.ts';
import { createPostgresCloud, NO_POSTGRES_CLOUD } from '../services/postgres-service.ts';
import { createEventService, type ToldEvent } from './event-service.ts';
import { followEvents } from './event-stream-client.ts';

const SECRET_KEY = 's'.repeat(32);
const ROUNDS = 4;
/** After a change that isn't logged cursors are void for as long, and a machine's clock may differ by the rest. */
const MARK_MS = 150_000;

const idsOf = (events: readonly ToldEvent[]): string[] => events.map(({ event_id: id }) => id).toSorted();

describe('two processes with events on PostgreSQL', { skip: NO_POSTGRES_CLOUD }, () => {
  it('tell the changes of both in each stream, whose client goes from one to the other', async () => {
    await using cloud = await createPostgresCloud();
    const create = (EVENTS = 'on') => createEventService({ environment: { ...cloud.environment, SECRET_KEY, EVENTS } });
    await using first = await create();
    await using second = await create();
    await using here = await listen(first);
    await using there = await listen(second);
    const ada = await first.keyOf({ owner: 'ada' });
    const { next_cursor: start } = await first.page(ada, '?from=now');
    const images = [await first.upload(ada), await second.upload(ada)] as const;
    const told: ToldEvent[] = [];
    let lastId = start;
    for (let round = 0; round < ROUNDS; round += 1) {
      const { address } = round % 2 === 0 ? here : there;
      const goal = 2 * (round + 2); // each image became ready, too
      using stream = await followEvents({ address, key: ada, lastId });
      await Promise.all([
        first.change(ada, images[0], `a${round}`),
        second.change(ada, images[1], `b${round}`),
        stream.until(() => told.length + stream.events.length === goal),
      ]);
      told.push(...stream.events);
      lastId = stream.lastId();
    }
    for (const image of images)
      assert.deepEqual(
        told.flatMap(({ image_id: id, revision }) => (id === image ? [revision] : [])),
        Array.from({ length: ROUNDS + 1 }, (_, nth) => nth + 2),
      );

    await using silent = await create('off');
    await silent.change(ada, images[0], 'unlogged');
    const oldest = async (cursor: string | undefined): Promise<string | undefined> => {
      const { code, params } = await second.refused(ada, `?cursor=${cursor}`);
      assert.equal(code, 'cursor-expired');
      return params?.oldest_cursor;
    };
    await oldest(await oldest(lastId)); // void, too: the silent process may go on
    second.clock.offsetMs += MARK_MS;
    const { events } = await second.page(ada, `?cursor=${await oldest(lastId)}`);
    assert.deepEqual(idsOf(events), idsOf(told));
  });
});

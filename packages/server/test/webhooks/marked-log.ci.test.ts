import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startReceiver } from '../../../../test/servers/webhook-receiver.ts';
import type { EventPosition } from '../../src/domain/event/event-position.ts';
import type { LogHead } from '../../src/records/events/event-log.ts';
import { createEventReader } from '../../src/records/events/event-reader.ts';
import { createMemoryEventLog } from '../../src/records/events/memory-event-log.fixture.ts';
import { createWorld, turn } from './webhook-world.ts';

const MINUTE_MS = 60_000;

describe('a webhook while the log is marked by processes with EVENTS=off', () => {
  it('goes on from its place, tells each mark once, and sends no older event', async () => {
    await using world = await createWorld();
    await using receiver = await startReceiver();
    const log = createMemoryEventLog(2);
    const { clock } = world;
    const events = { ...world.events, log, reader: createEventReader({ log, days: 7, clock }) };
    const first = { ...world, events };
    for (let n = 0; n < 300; n += 1) log.add(n % 2);
    const at = async (): Promise<EventPosition> => {
      const { log: id, sequences }: LogHead = await log.head();
      return { log: id, issuedAt: clock.now(), sequences };
    };
    const { id } = await world.webhook(receiver.url, { position: await at() });
    await using deliverer = world.deliverer(id, first);
    const skips = () => world.told.filter(({ event }) => event === 'webhook-skipped').length;
    for (let mark = 1; mark <= 2; mark += 1) {
      log.change({ incompleteUntil: new Date(clock.now().getTime() + 2 * MINUTE_MS) });
      for (let n = 0; n < 3; n += 1) {
        log.add(0);
        await turn(world, deliverer, id, AbortSignal.timeout(30_000));
      }
      assert.equal(receiver.received.length, 3 * mark);
      assert.equal(skips(), mark);
      clock.offsetMs += MINUTE_MS;
    }
    assert.ok((await world.webhooks.get(id))?.skipped);
  });
});

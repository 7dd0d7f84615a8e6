import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { answers, never, startReceiver } from '../../../../test/servers/webhook-receiver.ts';
import { changedWebhook, PAUSES } from '../../src/domain/event/webhook.ts';
import { measuresOf } from '../../src/observe/telemetry/metrics/measures.ts';
import { deliverOnce, deliverWebhooks } from '../../src/operations/webhooks/deliver-webhooks.ts';
import { createWorld } from './webhook-world.ts';

describe('the loops of webhooks', () => {
  it('deliver to a fast receiver while others are slow or fail, and end at once', async () => {
    await using world = await createWorld();
    await using fast = await startReceiver();
    await using slow = await startReceiver(never);
    await using failing = await startReceiver(answers(500));
    const webhooks = await Promise.all([slow, failing, fast].map(({ url }) => world.webhook(url)));
    const stopping = new AbortController();
    const options = { holder: 'worker', signal: stopping.signal };
    const over = deliverWebhooks(world.services, world.events, options);
    for (let round = 1; round <= 3; round += 1) {
      await world.change(...Array.from({ length: 30 }, (_, n) => `ada ${n}`));
      await fast.until(30 * round);
      if (round === 1) await Promise.all([slow.until(8), failing.until(30)]);
    }
    const slowId = webhooks[0]?.id;
    const hasTimedOut = world.told.some((event) => event.event === 'webhook-attempted' && event.webhookId === slowId);
    if (!hasTimedOut) assert.deepEqual([slow.load.most, slow.received.length], [8, 8]); // then the next ones are sent
    stopping.abort();
    await over;
    // Another worker takes the webhooks over at once: their leases have ended.
    const until = new Date(world.clock.now().getTime() + 1_000);
    for (const { id } of webhooks)
      assert.ok(
        await world.services.coordination.holdLease(
          { name: `webhook-${id}`, holder: 'another', until },
          world.clock.now(),
        ),
      );
  });

  it('hear of a new webhook, and of a removed one', async () => {
    await using world = await createWorld();
    await using receiver = await startReceiver();
    const stopping = new AbortController();
    const options = { holder: 'worker', signal: stopping.signal, listMs: 20 };
    const over = deliverWebhooks(world.services, world.events, options);
    const { id } = await world.webhook(receiver.url);
    await world.change('ada 1');
    await receiver.until(1);
    await world.webhooks.remove(id);
    await delay(200); // the list is read ten times
    await world.change('ada 2');
    await delay(300);
    assert.equal(receiver.received.length, 1);
    stopping.abort();
    await over;
  });

  it('measure which webhooks the service has paused, until they are resumed', async () => {
    await using world = await createWorld();
    for (const why of [...PAUSES, 'gone'] as const)
      await world.webhook('https://receiver.example', { paused: { why, at: world.clock.now() } });
    const stopping = new AbortController();
    const options = { holder: 'worker', signal: stopping.signal, listMs: 20 };
    const over = deliverWebhooks(world.services, world.events, options);
    const measured = async () => {
      const known = world.told.length;
      for (let look = 0; look < 500; look += 1) {
        const event = world.told.slice(known).find((one) => one.event === 'webhooks-measured');
        if (event) return measuresOf(event).map(({ metric, value, labels }) => [metric, value, labels['reason']]);
        await delay(10);
      }
      return assert.fail('expected webhooks-measured; got none');
    };
    assert.deepEqual(await measured(), [
      ['webhooksPaused', 2, 'gone'],
      ['webhooksPaused', 1, 'failing'],
      ['webhooksPaused', 1, 'restored'],
      ['webhooksFailingAge', 0, undefined],
    ]);
    for (const { id } of await world.webhooks.list()) await world.webhooks.remove(id);
    await measured(); // of a list that may be older
    assert.deepEqual(await measured(), [
      ['webhooksPaused', 0, 'gone'],
      ['webhooksPaused', 0, 'failing'],
      ['webhooksPaused', 0, 'restored'],
      ['webhooksFailingAge', 0, undefined],
    ]);
    stopping.abort();
    await over;
  });

  it('tell of a webhook that has failed for half an hour, once an hour', async () => {
    await using world = await createWorld();
    const minutesAgo = (minutes: number) => new Date(world.clock.now().getTime() - minutes * 60_000);
    await world.webhook('https://well.example');
    await world.webhook('https://new.example', { failingSince: minutesAgo(29) });
    const paused = { why: 'asked', at: minutesAgo(1) } as const;
    await world.webhook('https://paused.example', { failingSince: minutesAgo(500), paused });
    const { id } = await world.webhook('https://old.example', { failingSince: minutesAgo(31) });
    const stopping = new AbortController();
    const options = { holder: 'worker', signal: stopping.signal, listMs: 20 };
    const over = deliverWebhooks(world.services, world.events, options);
    const measures = () => world.told.filter(({ event }) => event === 'webhooks-measured').length;
    const told = () => world.told.flatMap((one) => (one.event === 'webhook-failing' ? [one.webhookId] : []));
    const untilMeasured = async (more: number) => {
      for (const end = measures() + more; measures() < end; ) await delay(10);
    };
    await untilMeasured(3);
    assert.deepEqual(told(), [id]);
    const last = world.told.findLast(({ event }) => event === 'webhooks-measured');
    const age = last && measuresOf(last).find(({ metric }) => metric === 'webhooksFailingAge')?.value;
    assert.ok(age !== undefined && age >= 1_860 && age < 1_900, `${age} s`);
    world.clock.offsetMs += 3_601_000;
    await untilMeasured(3);
    assert.deepEqual(
      told().filter((one) => one === id),
      [id, id],
    );
    for (const one of await world.webhooks.list()) await world.webhooks.remove(one.id);
    stopping.abort();
    await over;
  });

  it('once, deliver what is due to each receiver, until the time is over', async () => {
    await using world = await createWorld();
    await using receiver = await startReceiver();
    await using slow = await startReceiver(never);
    for (const { url } of [receiver, slow]) await world.webhook(url);
    await world.change('ada 1', 'ada 2');
    const ending = new AbortController();
    const over = deliverOnce(world.services, world.events, { holder: 'function', signal: ending.signal });
    await Promise.all([receiver.until(2), slow.until(2)]);
    ending.abort();
    await over;
    assert.deepEqual(
      world.told.filter(({ event }) => event === 'delivering-failed'),
      [],
    );
  });

  it('once, hear of another address while they work', async () => {
    await using world = await createWorld();
    let release: (() => void) | undefined;
    await using former = await startReceiver((_, response) => {
      release = () => response.writeHead(204).end();
    });
    await using other = await startReceiver();
    const { webhook } = await world.webhook(former.url);
    await world.change('ada 1', 'ada 1');
    let lists = 0;
    const webhooks = {
      ...world.webhooks,
      list: async () => {
        const listed = await world.webhooks.list();
        lists += 1;
        return listed;
      },
    };
    const options = { holder: 'function', signal: new AbortController().signal, listMs: 5 };
    const over = deliverOnce(world.services, { ...world.events, webhooks }, options);
    await former.until(1);
    const to = changedWebhook(webhook, { url: other.url }, world.clock.now());
    assert.equal(await world.webhooks.replace(webhook, to), true);
    const signal = AbortSignal.timeout(60_000);
    for (const before = lists; lists < before + 2; ) await delay(5, undefined, { signal });
    release?.();
    await over;
    assert.deepEqual(
      [former, other].map(({ received }) => received.map(({ revision }) => revision)),
      [[2], [3]],
    );
  });
});

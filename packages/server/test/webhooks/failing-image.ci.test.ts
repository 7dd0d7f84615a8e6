import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OK, startReceiver, type WebhookReceiver } from '../../../../test/servers/webhook-receiver.ts';
import type { Delivery } from '../../src/domain/event/delivery.ts';
import type { Idle } from '../../src/operations/webhooks/webhook-deliverer.ts';
import { createWorld, turn, type World } from './webhook-world.ts';

const HOUR_MS = 3_600_000;

const times = (count: number, name: string): string[] => Array.from({ length: count }, () => name);

/** Refuses the image of that name, at once. */
function refuse(world: World, receiver: WebhookReceiver, name: string): void {
  receiver.answering = ({ imageId }, response) => response.writeHead(imageId === world.idOf(name) ? 500 : 204).end();
}

const revisions = (world: World, { received }: WebhookReceiver, name: string): number[] =>
  received.filter(({ imageId }) => imageId === world.idOf(name)).map(({ revision }) => revision);

async function untilDue(world: World, idle: Idle): Promise<void> {
  assert.ok(idle.is === 'idle' && idle.dueAt, JSON.stringify(idle));
  world.clock.offsetMs += Math.max(idle.dueAt.getTime() - world.clock.now().getTime(), 0);
}

/** By revision. */
async function finished(world: World, id: string, status: Delivery['status']): Promise<readonly Delivery[]> {
  const query = { limit: 5_000, after: undefined, status, since: undefined, until: undefined };
  const { deliveries } = await world.webhooks.deliveries(id, query);
  return deliveries.toSorted((one, other) => one.event.revision - other.event.revision);
}

describe('an image that the receiver refuses', () => {
  it('leaves the events of others be read, keeps its own latest, and loses none without a word', async () => {
    await using world = await createWorld();
    await using receiver = await startReceiver();
    const { id } = await world.webhook(receiver.url);
    await world.change(...times(1_200, 'bad'), 'good');
    refuse(world, receiver, 'bad');
    {
      await using deliverer = world.deliverer(id);
      let idle = await turn(world, deliverer, id);
      while (revisions(world, receiver, 'good').length === 0) {
        assert.ok(revisions(world, receiver, 'bad').length < 3, 'expected the good image within a minute; got none');
        await untilDue(world, idle);
        idle = await turn(world, deliverer, id);
      }
    }
    await world.change(...times(300, 'bad'), 'good');
    await using successor = world.deliverer(id, world.process(), 'successor');
    const idle = await turn(world, successor, id);
    assert.deepEqual(revisions(world, receiver, 'good'), [2, 3], 'also with a worker that knows only what is stored');
    assert.deepEqual(revisions(world, receiver, 'bad'), [2, 2, 2], 'in their order');
    assert.ok((await world.webhooks.unfinished(id, 5_000)).length <= 1_000);

    const leftOut = await finished(world, id, 'failed');
    const [one = assert.fail()] = leftOut;
    assert.match(one.last?.answer ?? '', /^expected at most 10 .+; got more: this one was not sent$/);
    receiver.answering = OK;
    await untilDue(world, idle);
    await turn(world, successor, id);
    assert.deepEqual(await world.webhooks.unfinished(id, 10), []);
    const sent = revisions(world, receiver, 'bad');
    assert.deepEqual(
      sent,
      sent.toSorted((first, second) => first - second),
    );
    const all = [...new Set(sent), ...leftOut.map(({ event }) => event.revision)];
    assert.deepEqual(
      all.toSorted((first, second) => first - second),
      Array.from({ length: 1_500 }, (_, n) => n + 2),
    );
    assert.equal(sent.at(-1), 1_501);

    assert.equal(await world.webhooks.replay(id, [one.eventId], world.clock.now()), 1);
    await turn(world, successor, id);
    assert.equal(revisions(world, receiver, 'bad').at(-1), one.event.revision);
  });

  it('has all that waited from its first day fail at its end, and later events tried for a day of their own', async () => {
    await using world = await createWorld();
    await using receiver = await startReceiver();
    const { id } = await world.webhook(receiver.url);
    await world.change(...times(30, 'bad'));
    refuse(world, receiver, 'bad');
    await using deliverer = world.deliverer(id);
    const startMs = world.clock.now().getTime();
    const hours = (): number => (world.clock.now().getTime() - startMs) / HOUR_MS;
    let idle = await turn(world, deliverer, id);
    for (; (await finished(world, id, 'failed')).length === 0; idle = await turn(world, deliverer, id)) {
      if (hours() > 5) await world.change('bad');
      await untilDue(world, idle);
    }
    assert.ok(hours() < 24, `expected the end of the schedule; got ${hours()} hours`);
    const failed = await finished(world, id, 'failed');
    assert.deepEqual(
      failed.map(({ attempts, last }) => [attempts, last?.httpStatus]),
      [[7, 500], ...times(29, '').map(() => [1, 500])],
      'each was sent',
    );
    assert.deepEqual(
      (await world.webhooks.unfinished(id, 10)).map(({ event }) => event.revision),
      [32],
      'it has seven attempts of its own',
    );
  });
});

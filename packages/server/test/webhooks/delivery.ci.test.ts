import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Webhook as Verifier } from 'standardwebhooks';
import { answers, OK, type Received, startReceiver } from '../../../../test/servers/webhook-receiver.ts';
import { changedWebhook, type Webhook } from '../../src/domain/event/webhook.ts';
import { MAX_ATTEMPTS } from '../../src/operations/webhooks/retry-schedule.ts';
import { createWorld, turn, type World } from './webhook-world.ts';

/** A world, a receiver, and its webhook with a worker. */
async function opened(fields: Partial<Webhook> = {}, answering = OK) {
  await using stack = new AsyncDisposableStack();
  const world = stack.use(await createWorld());
  const receiver = stack.use(await startReceiver(answering));
  const { id, secret, webhook } = await world.webhook(receiver.url, fields);
  const deliverer = stack.use(world.deliverer(id));
  const held = stack.move();
  return {
    world,
    receiver,
    id,
    secret,
    webhook,
    deliverer,
    turn: () => turn(world, deliverer, id),
    record: async () => (await world.webhooks.get(id)) ?? assert.fail('expected the webhook; it is gone'),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** The revisions of each image in the order of their first arrival: `failed` arrivals don't count. */
function orders(received: readonly Received[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const { imageId, revision } of received) {
    const revisions = found.get(imageId) ?? [];
    found.set(imageId, revisions.includes(revision) ? revisions : [...revisions, revision]);
  }
  return found;
}

const unfinished = (world: World, id: string) => world.webhooks.unfinished(id, 2_000);
const outcomesOf = ({ told }: Pick<World, 'told'>) =>
  told.flatMap((event) => (event.event === 'webhook-attempted' ? [`${event.outcome} ${event.status}`] : []));

describe('a delivery', () => {
  it('is a signed message with the event, which the library verifies', async () => {
    await using at = await opened();
    await at.world.change('ada 1', 'ada 1');
    assert.deepEqual((await at.turn()).is, 'idle');
    const [first, second] = at.receiver.received;
    assert.ok(first && second);
    const verifier = new Verifier(at.secret);
    for (const message of [first, second]) verifier.verify(message.body, message.headers as Record<string, string>);
    assert.throws(() => verifier.verify(`${first.body} `, first.headers as Record<string, string>), /signature/);
    const imageId = at.world.idOf('ada 1');
    const { data, timestamp, type } = JSON.parse(second.body);
    assert.equal(type, 'image.updated');
    assert.deepEqual(data, {
      event_id: `${imageId}-3`,
      type: 'image.updated',
      image_id: imageId,
      user_id: 'ada',
      revision: 3,
      status: 'ready',
      time: timestamp,
      changed: ['tags'],
    });
    const { headers } = second;
    assert.deepEqual(
      ['content-type', 'webhook-id', 'ce-specversion', 'ce-id', 'ce-source', 'ce-type', 'ce-time', 'ce-subject'].map(
        (name) => headers[name],
      ),
      [
        'application/json',
        `${imageId}-3`,
        '1.0',
        `${imageId}-3`,
        'https://images.example.org',
        'image.updated',
        timestamp,
        imageId,
      ],
    );
  });

  it('is signed by both secrets while they rotate', async () => {
    await using at = await opened();
    const { text, sealed } = at.world.events.secrets.make();
    const from = await at.record();
    const now = at.world.clock.now();
    const former = from.secrets.map((one) => ({ ...one, until: new Date(now.getTime() + 86_400_000) }));
    const ended = { ...former[0], sealed: at.world.events.secrets.make().sealed, until: now };
    await at.world.webhooks.replace(
      from,
      changedWebhook(from, { secrets: [{ sealed, until: null }, ...former, ended] }, now),
    );
    await at.world.change('ada 1');
    await at.turn();
    const [message] = at.receiver.received;
    assert.ok(message);
    assert.equal(String(message.headers['webhook-signature']).split(' ').length, 2);
    for (const secret of [text, at.secret])
      new Verifier(secret).verify(message.body, message.headers as Record<string, string>);
  });

  it('is kept with its answer: at most its first KB, also of an answer without end', async () => {
    await using at = await opened({}, (_, response) => {
      response.writeHead(200);
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response.on('drain', more);
      more();
    });
    await at.world.change('ada 1');
    await at.turn();
    const delivery = await at.world.webhooks.delivery(at.id, `${at.world.idOf('ada 1')}-2`);
    assert.deepEqual([delivery?.status, delivery?.attempts], ['delivered', 1]);
    assert.deepEqual([delivery?.last?.httpStatus, delivery?.last?.answer], [200, 'x'.repeat(1_024)]);
  });

  it('is of the types and the user that the webhook asks for', async () => {
    await using at = await opened({ types: ['image.updated'], userId: 'ada' });
    await at.world.change('ada 1', 'bob 1', 'bob 1', 'ada 1', 'ada 1');
    await at.turn();
    const expected = [3, 4].map((revision) => `${at.world.idOf('ada 1')}-${revision}`);
    assert.deepEqual(
      at.receiver.received.map(({ id }) => id),
      expected,
    );
  });

  it('is of the users of the prefix that the webhook is for', async () => {
    await using at = await opened({ userPrefix: 'acme:' });
    await at.world.change('acme:ada 1', 'acme 1', 'Acme:ada 1', 'acme: 1', 'bob 1', 'acme:ada 1');
    await at.turn();
    const expected = [
      [at.world.idOf('acme:ada 1'), 2],
      [at.world.idOf('acme: 1'), 2],
      [at.world.idOf('acme:ada 1'), 3],
    ];
    assert.deepEqual(
      at.receiver.received.map(({ imageId, revision }) => [imageId, revision]).toSorted(),
      expected.toSorted(),
    );
  });

  it('is tried again at the times of the schedule, and blocks only its own image', async () => {
    await using at = await opened();
    const { world, receiver } = at;
    await world.change('bad', 'bad', 'good', 'good');
    receiver.answering = ({ imageId }, response) =>
      response.writeHead(imageId === world.idOf('bad') ? 500 : 200).end('no');
    const times: number[] = [];
    const startMs = world.clock.now().getTime();
    for (let attempts = 1; attempts <= 7; attempts += 1) {
      times.push(world.clock.now().getTime() - startMs);
      const idle = await at.turn();
      const bad = receiver.received.filter(({ imageId }) => imageId === world.idOf('bad'));
      assert.equal(bad.filter(({ revision }) => revision === 2).length, attempts);
      if (attempts === 7) break;
      assert.equal(bad.length, attempts, 'the second event of the image waits for the first');
      assert.ok(idle.is === 'idle' && idle.dueAt);
      world.clock.offsetMs += idle.dueAt.getTime() - world.clock.now().getTime();
    }
    const hours = (times.at(-1) ?? 0) / 3_600_000;
    assert.ok(hours > 21 && hours <= 24, `expected the last attempt within 21 to 24 hours; got ${hours}`);
    assert.deepEqual(await unfinished(world, at.id), []);
    for (const [revision, attempts] of [
      [2, 7],
      [3, 1],
    ]) {
      const failed = await world.webhooks.delivery(at.id, `${world.idOf('bad')}-${revision}`);
      assert.deepEqual([failed?.status, failed?.attempts, failed?.last?.answer], ['failed', attempts, 'no']);
    }
    assert.deepEqual(orders(receiver.received).get(world.idOf('good')), [2, 3]);
  });

  it('waits for as long as the receiver asks, at most an hour; after 429 all wait', async () => {
    await using at = await opened();
    const { world, receiver } = at;
    for (const [status, header, waitSeconds] of [
      [503, '120', 120],
      [503, '86400', 3_600],
      [503, new Date(world.clock.now().getTime() + 300_000).toUTCString(), 299],
      [503, 'soon', 4],
    ] as const) {
      receiver.answering = answers(status, { 'retry-after': header });
      const name = `ada ${header}`;
      await world.change(name);
      await at.turn();
      const [waiting] = (await unfinished(world, at.id)).filter(({ event }) => event.imageId === world.idOf(name));
      const seconds = ((waiting?.dueAt.getTime() ?? 0) - world.clock.now().getTime()) / 1_000;
      assert.ok(seconds <= waitSeconds + 1 && seconds > waitSeconds - 30, `${header}: got ${seconds} s`);
    }
    receiver.answering = answers(429, { 'retry-after': '60' });
    await world.change('first');
    await at.turn();
    const before = receiver.received.length;
    await world.change('second');
    const idle = await at.turn();
    assert.ok(idle.is === 'idle');
    assert.equal((idle.dueAt?.getTime() ?? 0) - world.clock.now().getTime(), 60_000, 'the worker sleeps until then');
    await world.webhooks.replay(at.id, [], world.clock.now()); // everything is loaded anew
    assert.ok((await at.turn()).is === 'idle');
    assert.equal(receiver.received.length, before, 'nothing is sent before the minute is over');
    world.clock.offsetMs += 61_000;
    receiver.answering = OK;
    await at.turn();
    assert.ok(receiver.received.some(({ imageId }) => imageId === world.idOf('second')));
  });

  it('waits after 429 neither for another address nor for a clock that was wrong', async () => {
    await using at = await opened({}, answers(429, { 'retry-after': '3600' }));
    await using other = await startReceiver(at.receiver.answering);
    const { world } = at;
    await world.change('ada 1');
    await at.turn();
    const from = await at.record();
    await world.webhooks.replace(from, changedWebhook(from, { url: other.url }, world.clock.now()));
    await world.change('ada 2');
    await at.turn();
    assert.equal(other.received.length, 1);
    world.clock.offsetMs = 30 * 86_400_000;
    await at.turn();
    assert.equal(other.received.length, 3);
    other.answering = OK;
    world.clock.offsetMs = 0;
    await at.turn();
    world.clock.offsetMs = 3_601_000;
    await at.turn();
    assert.deepEqual(await unfinished(world, at.id), []);
  });

  it('goes to no redirect, and to no address inside', async () => {
    await using world = await createWorld({ allow: [] });
    await using receiver = await startReceiver(answers(302, { location: 'https://example.com/' }));
    await using open = await opened({}, receiver.answering);
    await open.world.change('ada 1');
    await open.turn();
    const { id } = await world.webhook(receiver.url);
    await using deliverer = world.deliverer(id);
    await world.change('ada 1');
    await turn(world, deliverer, id);
    const answersOf = async (at: World, webhook: string) =>
      (await unfinished(at, webhook)).map(({ last }) => last?.answer);
    assert.deepEqual(await answersOf(open.world, open.id), ['expected an answer; got none: redirect']);
    assert.deepEqual(await answersOf(world, id), ['expected an answer; got none: not-permitted']);
    assert.deepEqual(receiver.received, []);
  });

  it('tells a name that is not found and a refused connection apart', async () => {
    await using world = await createWorld();
    const closed = await startReceiver();
    await closed[Symbol.asyncDispose]();
    for (const [url, reason] of [
      [closed.url, 'connection-refused'],
      ['http://nowhere.invalid/', 'name-not-found'],
    ] as const) {
      const { id } = await world.webhook(url);
      await using deliverer = world.deliverer(id);
      await world.change('ada 1');
      await turn(world, deliverer, id);
      const [left] = await unfinished(world, id);
      assert.equal(left?.last?.answer, `expected an answer; got none: ${reason}`);
    }
  });

  it('without a secret that the service can open fails, and says so', async () => {
    await using at = await opened({ secrets: [{ sealed: 'c2VhbGVk', until: null }] });
    await at.world.change('ada 1');
    await at.turn();
    const [waiting] = await unfinished(at.world, at.id);
    assert.match(waiting?.last?.answer ?? '', /^expected a secret that a key of SECRET_KEY opens; got none: /);
    assert.deepEqual(at.receiver.received, []);
  });
});

describe('a webhook', () => {
  it('gets every event of each image in its order from a receiver that fails a third of the time', async () => {
    await using at = await opened();
    const { world, receiver } = at;
    const seen = new Map<string, number>();
    const failed = new Map<string, number>();
    receiver.answering = ({ id, imageId, revision }, response) => {
      const times = failed.get(id) ?? 0;
      const isFailed = times < MAX_ATTEMPTS - 1 && Math.random() < 1 / 3; // after the last failure it is given up
      if (isFailed) failed.set(id, times + 1);
      else {
        assert.equal(revision, (seen.get(imageId) ?? 1) + 1, 'no later event before an earlier one has arrived');
        seen.set(imageId, revision);
      }
      response.writeHead(isFailed ? 500 : 200).end();
    };
    const names = Array.from({ length: 20 }, (_, n) => `ada ${n}`);
    for (let revision = 0; revision < 5; revision += 1) await world.change(...names);
    for (let idle = await at.turn(); idle.is === 'idle' && idle.dueAt; idle = await at.turn())
      world.clock.offsetMs += Math.max(idle.dueAt.getTime() - world.clock.now().getTime(), 0);
    assert.deepEqual(await unfinished(world, at.id), []);
    assert.deepEqual(
      [...seen.values()],
      names.map(() => 6),
    );
    assert.ok(outcomesOf(world).includes('waiting 500'));
    assert.equal((await at.record()).failingSince, null);
  });

  it('gets eight messages at once, and one of each image', async () => {
    await using at = await opened();
    const { world, receiver } = at;
    const open: (() => void)[] = [];
    receiver.answering = (_, response) => open.push(() => response.writeHead(200).end());
    const names = Array.from({ length: 12 }, (_, n) => `ada ${n}`);
    await world.change(...names, ...names);
    const over = at.turn();
    await receiver.until(8);
    assert.equal(new Set(receiver.received.map(({ imageId }) => imageId)).size, 8);
    receiver.answering = OK;
    for (const answer of open) answer();
    await over;
    assert.equal(receiver.load.most, 8);
    assert.deepEqual(
      [...orders(receiver.received).values()],
      names.map(() => [2, 3]),
    );
  });

  it('is paused after 410, and after three days of failure, and says so; resumed, it goes on', async () => {
    await using at = await opened({}, answers(410));
    const { world, receiver } = at;
    await world.change('ada 1', 'ada 2');
    await at.turn();
    assert.equal((await at.record()).paused?.why, 'gone');
    assert.deepEqual(
      world.told.filter(({ event }) => event === 'webhook-paused'),
      [{ event: 'webhook-paused', webhookId: at.id, why: 'gone' }],
    );
    const before = receiver.received.length;
    await world.change('ada 3');
    assert.equal((await at.turn()).is, 'ended');
    assert.equal(receiver.received.length, before);

    const resume = async (): Promise<void> => {
      const from = await at.record();
      const to = changedWebhook(from, { paused: null, failingSince: null }, world.clock.now());
      assert.equal(await world.webhooks.replace(from, to), true);
    };
    await resume();
    receiver.answering = answers(503);
    world.clock.offsetMs += 3_600_000;
    await at.turn();
    assert.equal((await at.record()).paused, null);
    assert.ok((await at.record()).failingSince);
    world.clock.offsetMs += 3 * 86_400_000;
    await at.turn();
    assert.equal((await at.record()).paused?.why, 'failing');

    await resume();
    receiver.answering = OK;
    world.clock.offsetMs += 86_400_000;
    await at.turn();
    assert.deepEqual(await unfinished(world, at.id), []);
    assert.equal((await at.record()).failingSince, null);
    assert.equal(new Set(receiver.received.map(({ imageId }) => imageId)).size, 3);
  });

  it('reads no further while 1,000 are unfinished, and catches up after an absence', async () => {
    await using at = await opened({}, answers(503));
    const { world, receiver } = at;
    const names = Array.from({ length: 1_200 }, (_, n) => `ada ${n}`);
    await world.change('ada 0');
    await at.turn();
    await world.change(...names.slice(1));
    const idle = await at.turn();
    assert.equal((await unfinished(world, at.id)).length, 1_000);
    assert.equal(idle.is === 'idle' && idle.position, null, 'new events don’t wake it');
    world.clock.offsetMs += 600_000;
    receiver.answering = OK;
    await at.turn();
    assert.deepEqual(await unfinished(world, at.id), []);
    assert.equal(orders(receiver.received).size, names.length);
  });

  it('whose place the log has forgotten goes on at the oldest event, and says what it skipped', async () => {
    await using at = await opened();
    const { world, receiver } = at;
    await world.change('lost');
    const since = (await at.record()).position?.issuedAt;
    world.clock.offsetMs += 8 * 86_400_000;
    await world.change('kept');
    const now = world.clock.now();
    await world.events.log.forget(new Date(now.getTime() - 7 * 86_400_000), now);
    await at.turn();
    assert.deepEqual(
      receiver.received.map(({ imageId }) => imageId),
      [world.idOf('kept')],
    );
    assert.deepEqual((await at.record()).skipped?.since, since);
    assert.ok(world.told.some(({ event }) => event === 'webhook-skipped'));
    await at.turn();
    assert.equal(receiver.received.length, 1);
  });

  it('says what it skipped also if its worker is killed at once, and somebody changes it', async () => {
    await using at = await opened();
    const { world } = at;
    await world.change('lost');
    world.clock.offsetMs += 8 * 86_400_000;
    await world.events.log.forget(world.clock.now(), world.clock.now());
    const { webhooks } = world;
    let isChanged = false;
    const dying: typeof webhooks = {
      ...webhooks,
      async replace(from, to) {
        if (!isChanged) isChanged = await webhooks.replace(from, changedWebhook(from, { types: [] }, from.updatedAt));
        return webhooks.replace(from, to);
      },
      async advance(...call) {
        await webhooks.advance(...call);
        throw new Error('the process is killed');
      },
    };
    await using worker = world.deliverer(at.id, { ...world, events: { ...world.events, webhooks: dying } });
    await assert.rejects(turn(world, worker, at.id), /killed/);
    assert.ok((await at.record()).skipped);
    assert.equal(world.told.filter(({ event }) => event === 'webhook-skipped').length, 1);
  });

  it('whose next time a wrong clock wrote is tried once the clock is right', async () => {
    await using at = await opened({}, answers(500));
    at.world.clock.offsetMs += 30 * 86_400_000;
    await at.world.change('ada 1');
    await at.turn();
    at.world.clock.offsetMs = 0;
    at.receiver.answering = OK;
    await at.turn();
    assert.equal(at.receiver.received.length, 2);
    assert.deepEqual(await unfinished(at.world, at.id), []);
  });

  it('sends nothing again that has arrived if the clock jumps ahead', async () => {
    await using at = await opened();
    const { world, receiver } = at;
    await world.change('ada 1', 'ada 2');
    await at.turn();
    world.clock.offsetMs += 8 * 86_400_000;
    await world.change('ada 3');
    await at.turn();
    assert.deepEqual(
      receiver.received.map(({ imageId }) => imageId),
      ['ada 1', 'ada 2', 'ada 3'].map(world.idOf),
    );
    assert.deepEqual(await unfinished(world, at.id), []);
  });

  it('keeps its place during weeks without events', async () => {
    await using at = await opened();
    for (let day = 0; day < 10; day += 1) {
      at.world.clock.offsetMs += 86_400_000;
      await at.turn();
    }
    assert.equal((await at.record()).skipped, null);
  });

  it('delivers a replayed event again, which its version tells the worker', async () => {
    await using at = await opened();
    await at.world.change('ada 1', 'ada 1', 'ada 2');
    await at.turn();
    const eventId = `${at.world.idOf('ada 1')}-2`;
    assert.equal(await at.world.webhooks.replay(at.id, [eventId], at.world.clock.now()), 1);
    await at.turn();
    assert.deepEqual(at.receiver.received.map(({ id }) => id).slice(3), [eventId]);
  });

  it('delivers what was replayed while an attempt failed, whose worker writes of the failure', async () => {
    await using at = await opened();
    const { world, receiver } = at;
    await world.change('ada 1');
    await at.turn();
    const eventId = `${world.idOf('ada 1')}-2`;
    receiver.answering = async (_, response) => {
      await world.webhooks.replay(at.id, [eventId], world.clock.now());
      response.writeHead(500).end();
    };
    await world.change('ada 2');
    await at.turn();
    receiver.answering = OK;
    await at.turn();
    assert.deepEqual(at.receiver.received.map(({ id }) => id).slice(2), [eventId]);
  });

  it('whose address changes while the former one fails counts the failures of the new one alone', async () => {
    await using at = await opened({}, answers(500));
    await using other = await startReceiver(answers(500));
    const { world, receiver } = at;
    await world.change('ada 1');
    await at.turn();
    receiver.answering = async (_, response) => {
      const from = await at.record();
      const to = changedWebhook(from, { url: other.url, failingSince: null }, world.clock.now());
      assert.equal(await world.webhooks.replace(from, to), true);
      response.writeHead(500).end();
    };
    world.clock.offsetMs += 3 * 86_400_000;
    await at.turn();
    world.clock.offsetMs += 60_000;
    await at.turn();
    assert.equal(other.received.length, 1);
    assert.equal((await at.record()).paused, null);
  });
});

describe('two workers', () => {
  it('deliver one webhook one at a time; a lost lease repeats what was under way, in its order', async () => {
    await using at = await opened();
    const { world, receiver } = at;
    const other = world.process();
    await using second = world.deliverer(at.id, other, 'another worker');
    let release: (() => void) | undefined;
    receiver.answering = (_, response) => {
      release = () => response.writeHead(200).end();
    };
    await world.change('ada 1', 'ada 1');
    const first = at.turn();
    await receiver.until(1);
    assert.equal((await turn(world, second, at.id)).is, 'elsewhere');
    world.clock.offsetMs += 61_000; // the first worker is stopped for longer than its lease
    receiver.answering = OK;
    assert.equal((await turn(world, second, at.id)).is, 'idle');
    release?.();
    assert.equal((await first).is, 'elsewhere');
    assert.deepEqual(
      receiver.received.map(({ revision }) => revision),
      [2, 2, 3],
    );
    assert.deepEqual(await unfinished(world, at.id), []);
  });

  it('repeat, after a kill between delivery rows and the position, no event that has arrived', async () => {
    await using at = await opened();
    const { world, receiver } = at;
    const { position } = await at.record();
    await world.change('ada 1', 'ada 1');
    await at.turn();
    const now = await at.record();
    assert.ok(position && now.position);
    assert.equal(await world.webhooks.advance(at.id, now.position, position), true);
    world.clock.offsetMs += 61_000;
    await using second = world.deliverer(at.id, world.process(), 'another worker');
    await turn(world, second, at.id);
    assert.deepEqual(await unfinished(world, at.id), []);
    assert.deepEqual(orders(receiver.received).get(world.idOf('ada 1')), [2, 3]);
  });
});

describe('a deleted user', () => {
  it('is in no delivery that is sent after the deletion', async () => {
    await using at = await opened({}, answers(503));
    const { world, receiver } = at;
    await world.change('ada 1', 'bob 1');
    await at.turn();
    const key = await world.erasures.addKey('ab'.repeat(32));
    const { userHashOf } = await import('../../src/domain/user/user-hash.ts');
    const erasedAt = world.clock.now();
    const blockedUntil = new Date(erasedAt.getTime() + 86_400_000);
    const erasure = { id: crypto.randomUUID(), userHash: userHashOf(key, 'ada'), imageIds: [], erasedAt, blockedUntil };
    await world.erasures.add(erasure);
    assert.equal(await world.webhooks.eraseUser('ada'), 1);
    receiver.answering = OK;
    world.clock.offsetMs += 20_000;
    const before = receiver.received.length;
    await at.turn();
    assert.deepEqual(
      receiver.received.slice(before).map(({ imageId }) => imageId),
      [world.idOf('bob 1')],
    );
    assert.deepEqual(await unfinished(world, at.id), []);
  });
});

import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createClient } from '@safelight/client';
import { followChanges } from './follow-changes.ts';

function mockTime(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let elapsedMs = 0;
  t.mock.method(performance, 'now', () => elapsedMs);
  t.mock.method(Math, 'random', () => 0.5);
  return {
    skip(ms: number): void {
      elapsedMs += ms;
    },
    async pass(seconds: number): Promise<void> {
      for (let second = 0; second < seconds; second += 1) {
        elapsedMs += 1_000;
        t.mock.timers.tick(1_000);
        for (let n = 0; n < 10; n += 1) await turn();
      }
    },
  };
}

/** A stream that has begun, and ends. */
const begun = (): Response => new Response(':\nid: a\n\n', { headers: { 'content-type': 'text/event-stream' } });
const refused = (status: number, code: string, headers = {}): Response =>
  Response.json({ status, code, detail: 'x' }, { status, headers });

it('a log that forgets is followed again after growing pauses, and whoever leaves meanwhile keeps no other tab waiting', async (t) => {
  const { pass, skip } = mockTime(t);
  let [asked, lists] = [0, 0];
  let held: Promise<void> | undefined;
  const client = createClient({
    baseUrl: 'http://localhost',
    fetch: async (_, init) => {
      if (new Headers(init?.headers).has('last-event-id')) {
        await (held ?? turn());
        return refused(410, 'cursor-expired');
      }
      asked += 1;
      return asked < 100 ? begun() : refused(403, 'forbidden');
    },
  });
  function follow(): () => void {
    const leave = followChanges(client, 'ada', (change) => {
      assert.equal(change, 'any');
      lists += 1;
    });
    t.after(leave);
    return leave;
  }

  const leave = follow();
  while (asked === 0) await turn(); // it leads
  await pass(180);
  assert.ok(asked >= 7 && asked <= 12, `expected about ten requests in three minutes; got ${asked}`);
  assert.equal(lists, asked);

  const lasting = Promise.withResolvers<void>();
  held = lasting.promise;
  let before = asked;
  await pass(61);
  assert.equal(asked, before + 1);
  skip(61_000);
  lasting.resolve();
  held = undefined;
  await pass(3);
  assert.equal(asked, before + 2, 'soon after a stream that lasted');

  await pass(180);
  before = asked;
  leave();
  follow();
  for (let n = 0; n < 100_000 && asked === before; n += 1) await turn(); // without a tick
  assert.equal(asked, before + 1);
});

it('a list is read again once a stream begins, however long the service had no place for it', async (t) => {
  const { pass } = mockTime(t);
  let asked = 0;
  let isFull = true;
  const changes: unknown[] = [];
  const client = createClient({
    baseUrl: 'http://localhost',
    fetch: async () => {
      asked += 1;
      return isFull ? refused(429, 'overloaded', { 'retry-after': '20' }) : begun();
    },
  });
  t.after(followChanges(client, 'ada', (change) => changes.push(change)));
  while (asked === 0) await turn();
  await pass(240);
  assert.ok(asked > 5, `expected more than five requests in four minutes; got ${asked}`);
  assert.deepEqual(changes, []);
  isFull = false;
  await pass(60);
  assert.deepEqual(changes, ['any']);
});

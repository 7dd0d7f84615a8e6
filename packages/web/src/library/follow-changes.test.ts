import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createClient } from '@safelight/client';
import { followChanges } from './follow-changes.ts';

it('a log that forgets is followed again after growing pauses, and whoever leaves meanwhile keeps no other tab waiting', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let elapsedMs = 0;
  t.mock.method(performance, 'now', () => elapsedMs);
  let [asked, lists] = [0, 0];
  let held: Promise<void> | undefined;
  const client = createClient({
    baseUrl: 'http://localhost',
    fetch: async () => {
      asked += 1;
      await (held ?? turn());
      if (asked < 100) return Response.json({ status: 410, code: 'cursor-expired', detail: 'x' }, { status: 410 });
      return Response.json({ status: 403, code: 'forbidden', detail: 'expected fewer requests' }, { status: 403 });
    },
  });
  const pass = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second += 1) {
      elapsedMs += 1_000;
      t.mock.timers.tick(1_000);
      for (let n = 0; n < 10; n += 1) await turn();
    }
  };
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
  assert.equal(lists, asked - 1);

  const lasting = Promise.withResolvers<void>();
  held = lasting.promise;
  let before = asked;
  await pass(61);
  assert.equal(asked, before + 1);
  elapsedMs += 61_000;
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

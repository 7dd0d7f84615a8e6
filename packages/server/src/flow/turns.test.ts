import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createTurns } from './turns.ts';

const MINUTE_MS = 60_000;

describe('turns', () => {
  it('come one after the other for one key, in the order of arrival, also after a failure', async () => {
    const turns = createTurns<string>({ longestWaitMs: MINUTE_MS });
    const events: string[] = [];
    const first = Promise.withResolvers<void>();
    const work = (name: string, until?: Promise<void>) => async () => {
      events.push(`${name} begins`);
      await until;
      events.push(`${name} ends`);
    };
    const all = [
      turns.take('a', work('one', first.promise)),
      turns.take('a', work('two')),
      turns.take('a', work('three')),
    ];
    await turns.take('b', work('other'));
    assert.deepEqual(events, ['one begins', 'other begins', 'other ends']);
    first.reject(new Error('broken'));
    const settled = await Promise.allSettled(all);
    assert.deepEqual(
      settled.map(({ status }) => status),
      ['rejected', 'fulfilled', 'fulfilled'],
    );
    assert.deepEqual(events.slice(3), ['two begins', 'two ends', 'three begins', 'three ends']);
  });

  it('come after the longest wait, even if the work before has not ended', async () => {
    const turns = createTurns<string>({ longestWaitMs: 1 });
    const first = Promise.withResolvers<string>();
    const stuck = turns.take('a', () => first.promise);
    assert.equal(await turns.take('a', async () => 'second'), 'second');
    first.resolve('first');
    assert.equal(await stuck, 'first');
  });
});

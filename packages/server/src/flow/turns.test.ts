import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { payerAt } from '../domain/access/payer.ts';
import { createTurns } from './turns.ts';

const MINUTE_MS = 60_000;
const [ONE, OTHER] = [payerAt('192.0.2.1', ''), payerAt('192.0.2.2', '')] as const;

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
      turns.take('a', ONE, work('one', first.promise)),
      turns.take('a', ONE, work('two')),
      turns.take('a', ONE, work('three')),
    ];
    await turns.take('b', ONE, work('other'));
    assert.deepEqual(events, ['one begins', 'other begins', 'other ends']);
    first.reject(new Error('broken'));
    const settled = await Promise.allSettled(all);
    assert.deepEqual(
      settled.map(({ status }) => status),
      ['rejected', 'fulfilled', 'fulfilled'],
    );
    assert.deepEqual(events.slice(3), ['two begins', 'two ends', 'three begins', 'three ends']);
  });

  it('of another payer come before the rest of a flood', async () => {
    const turns = createTurns<string>({ longestWaitMs: MINUTE_MS });
    const order: string[] = [];
    const first = Promise.withResolvers<void>();
    const flood = [turns.take('a', ONE, () => first.promise)];
    for (let index = 1; index <= 100; index++)
      flood.push(turns.take('a', ONE, async () => void order.push(`flood ${index}`)));
    const single = turns.take('a', OTHER, async () => void order.push('single'));
    first.resolve();
    await Promise.all([single, ...flood]);
    assert.deepEqual(order.slice(0, 3), ['single', 'flood 1', 'flood 2']);
  });

  it('come after the longest wait, even if the work before has not ended', async () => {
    const turns = createTurns<string>({ longestWaitMs: 1 });
    const first = Promise.withResolvers<string>();
    const stuck = turns.take('a', ONE, () => first.promise);
    assert.equal(await turns.take('a', ONE, async () => 'second'), 'second');
    first.resolve('first');
    assert.equal(await stuck, 'first');
  });
});

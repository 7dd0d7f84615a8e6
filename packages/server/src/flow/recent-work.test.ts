import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Payer, payerAt } from '../domain/access/payer.ts';
import { createRecentWork } from './recent-work.ts';

const KEPT_MS = 60_000;

function counted(limits: { maxAtOnce?: number; maxWaiting?: number; maxKept?: number } = {}) {
  const clock = { ms: 0 };
  const recent = createRecentWork<string, number>({
    maxAtOnce: 2,
    maxWaiting: 10,
    maxKept: 2,
    ...limits,
    keptMs: KEPT_MS,
    elapsedMs: () => clock.ms,
  });
  let count = 0;
  const ask = (key: string) => recent.once(key, async () => ++count);
  return { clock, recent, ask };
}

describe('recent work', () => {
  it('runs once for concurrent callers, and once for later callers while its result is valid', async () => {
    const { clock, ask } = counted();
    assert.deepEqual(await Promise.all([ask('a'), ask('a'), ask('b')]), [1, 1, 2]);
    clock.ms = KEPT_MS - 1;
    assert.equal(await ask('a'), 1);
    clock.ms = KEPT_MS;
    assert.equal(await ask('a'), 3);
  });

  it('runs again after its result was forgotten or evicted', async () => {
    const { recent, ask } = counted();
    await ask('a');
    recent.forget('a');
    assert.equal(await ask('a'), 2);
    await ask('b');
    assert.equal(await ask('a'), 2);
    await ask('c');
    assert.equal(await ask('b'), 3);
    assert.equal(await ask('a'), 5);
  });

  it('fails for all waiting callers, and its failure is not cached', async () => {
    const { recent, ask } = counted();
    const failure = new Error('as a test says');
    const failing = () => recent.once('a', () => Promise.reject(failure));
    for (const outcome of await Promise.allSettled([failing(), failing()])) {
      assert.deepEqual(outcome, { status: 'rejected', reason: failure });
    }
    assert.equal(await ask('a'), 1);
  });

  it('is refused while the queue is full', async () => {
    const { recent, ask } = counted({ maxAtOnce: 1, maxWaiting: 2 });
    const end = Promise.withResolvers<number>();
    const held = recent.once('a', () => end.promise);
    const waiting = [ask('b'), ask('c'), ask('c')];
    await assert.rejects(ask('d'), { code: 'unavailable', retryAfterSeconds: 5 });
    end.resolve(0);
    assert.deepEqual(await Promise.all([held, ...waiting]), [0, 1, 2, 2]);
    assert.equal(await ask('d'), 3);
  });

  it('of another payer starts before the rest of a flood, and takes the place of its newest', async () => {
    const { recent } = counted({ maxAtOnce: 1, maxWaiting: 3 });
    const [flood, other] = [payerAt('192.0.2.1', ''), payerAt('192.0.2.2', '')];
    const end = Promise.withResolvers<number>();
    const begun: string[] = [];
    const ask = (key: string, payer: Payer) =>
      recent.once(
        key,
        async () => {
          begun.push(key);
          return end.promise;
        },
        payer,
      );
    const all = ['a1', 'a2', 'a3', 'a4'].map((key) => ask(key, flood));
    const single = ask('b', other);
    await assert.rejects(all.at(-1) ?? single, { code: 'unavailable' });
    end.resolve(0);
    await Promise.allSettled([...all, single]);
    assert.deepEqual(begun, ['a1', 'b', 'a2', 'a3']);
  });

  it('starts in order, as earlier work succeeds or fails', async () => {
    const { recent } = counted({ maxAtOnce: 2 });
    const ends = new Map(['a', 'b', 'c', 'd'].map((key) => [key, Promise.withResolvers<number>()]));
    const begun: string[] = [];
    const all = [...ends].map(([key, end]) =>
      recent.once(key, () => {
        begun.push(key);
        return end.promise;
      }),
    );
    const settled = Promise.allSettled(all);
    assert.deepEqual(begun, ['a', 'b']);
    ends.get('b')?.reject(new Error('as a test says'));
    await assert.rejects(all[1] ?? Promise.resolve(0));
    assert.deepEqual(begun, ['a', 'b', 'c']);
    for (const end of ends.values()) end.resolve(1);
    await settled;
    assert.deepEqual(begun, ['a', 'b', 'c', 'd']);
  });
});

import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { createReceiveWait, type ReceiveWait } from './receive-wait.ts';

const NEVER = new AbortController().signal;

describe('the wait of a receiver', () => {
  it('ends after its seconds, which ends an unlimited rest', async (t) => {
    const time = stopTime(t);
    using wait = createReceiveWait(new Set(), { seconds: 20, signal: NEVER });
    const rest = observe(wait.rest(undefined));
    time.tick(19_999);
    assert.deepEqual([wait.isOver, await rest.isDone()], [false, false]);
    time.tick(1);
    assert.deepEqual([wait.isOver, await rest.isDone()], [true, true]);
  });

  it('ends when its signal aborts, which also ends a rest', async (t) => {
    stopTime(t);
    const stop = new AbortController();
    using wait = createReceiveWait(new Set(), { seconds: 20, signal: stop.signal });
    const rest = observe(wait.rest(5_000));
    assert.equal(await rest.isDone(), false);
    stop.abort();
    assert.deepEqual([wait.isOver, await rest.isDone()], [true, true]);
  });

  it('has ended at its start with 0 seconds or an aborted signal', () => {
    using none = createReceiveWait(new Set(), { seconds: 0, signal: NEVER });
    using aborted = createReceiveWait(new Set(), { seconds: 20, signal: AbortSignal.abort() });
    assert.deepEqual([none.isOver, aborted.isOver], [true, true]);
  });

  it('rests for the given time, and can rest again', async (t) => {
    const time = stopTime(t);
    using wait = createReceiveWait(new Set(), { seconds: 20, signal: NEVER });
    for (const milliseconds of [1_000, 2_000]) {
      const rest = observe(wait.rest(milliseconds));
      time.tick(milliseconds - 1);
      assert.equal(await rest.isDone(), false);
      time.tick(1);
      assert.equal(await rest.isDone(), true);
    }
    assert.equal(wait.isOver, false);
  });

  it('is woken once by each call, even by one before it rests', async (t) => {
    stopTime(t);
    using wait = createReceiveWait(new Set(), { seconds: 20, signal: NEVER });
    const first = observe(wait.rest(5_000));
    assert.equal(await first.isDone(), false);
    wait.wake();
    assert.equal(await first.isDone(), true);

    wait.wake();
    assert.equal(await observe(wait.rest(5_000)).isDone(), true);
    assert.equal(await observe(wait.rest(5_000)).isDone(), false);
    assert.equal(wait.isOver, false);
  });

  it('leaves no timer, listener or entry behind', async () => {
    const stop = new AbortController();
    const waits = new Set<ReceiveWait>();
    const before = countTimers();
    {
      using wait = createReceiveWait(waits, { seconds: 20, signal: stop.signal });
      const rest = wait.rest(10_000);
      assert.equal(countTimers(), before + 2);
      wait.wake();
      await rest;
      assert.deepEqual([...waits], [wait]);
    }
    assert.equal(waits.size, 0);
    assert.equal(countTimers(), before);
    assert.deepEqual(getEventListeners(stop.signal, 'abort'), []);
  });
});

const countTimers = (): number => process.getActiveResourcesInfo().filter((what) => what === 'Timeout').length;

function stopTime(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  return t.mock.timers;
}

/** Whether a promise is fulfilled after all pending work has run. */
function observe(promise: Promise<void>) {
  let isDone = false;
  promise.then(() => {
    isDone = true;
  });
  return {
    async isDone() {
      await new Promise(setImmediate);
      return isDone;
    },
  };
}

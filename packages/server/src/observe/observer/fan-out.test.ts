import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fanOut } from './fan-out.ts';
import type { Observer, ServiceEvent } from './observer.ts';

const EVENT: ServiceEvent = { event: 'rate-store-back' };

describe('several listeners', () => {
  it('get each event in order, although others throw, reject, or never finish', async () => {
    const heard: string[] = [];
    const hear =
      (name: string): Observer =>
      () =>
        void heard.push(name);
    const warned = once(process, 'warning');
    const rejecting: Observer = async () => {
      await nextTurn();
      throw new Error('a listener that rejects');
    };
    const observe = fanOut([
      hear('first'),
      () => {
        throw new Error('a listener that throws');
      },
      async () => new Promise(() => undefined),
      rejecting,
      hear('last'),
    ]);
    assert.equal(observe(EVENT), undefined);
    observe(EVENT);
    assert.deepEqual(heard, ['first', 'last', 'first', 'last']);

    assert.equal(((await warned) as [Error])[0].message, 'a listener that throws');
    const rejected = once(process, 'warning');
    assert.equal(((await rejected) as [Error])[0].message, 'a listener that rejects');
    const more: Error[] = [];
    const note = (warning: Error) => void more.push(warning);
    process.on('warning', note);
    observe(EVENT);
    await nextTurn();
    await nextTurn();
    process.off('warning', note);
    assert.deepEqual(more, [], 'one warning for each listener');
  });
});

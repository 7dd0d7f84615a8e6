import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createGate } from './gate.ts';

describe('a gate', () => {
  it('lets in as many as it is wide, then whoever waited longest', async () => {
    const gate = createGate({ width: 2, maxWaiting: 10, holds: 'a body' });
    const entered: string[] = [];
    const enter = (name: string) =>
      gate.enter().then((place) => {
        entered.push(name);
        return place;
      });
    const first = await enter('first');
    await enter('second');
    const third = enter('third');
    const fourth = enter('fourth');
    assert.deepEqual(entered, ['first', 'second']);
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    (await third)[Symbol.dispose]();
    await fourth;
    assert.deepEqual(entered, ['first', 'second', 'third', 'fourth']);
  });

  it('refuses whoever would wait beyond its limit, and has room again later', async () => {
    const gate = createGate({ width: 1, maxWaiting: 1, holds: 'a body' });
    const inside = await gate.enter();
    const waiting = gate.enter();
    assert.equal(gate.refused(), 0);
    await assert.rejects(gate.enter(), {
      code: 'overloaded',
      detail: 'expected a free place for a body; came after 2 others',
    });
    assert.equal(gate.refused(), 1);
    inside[Symbol.dispose]();
    (await waiting)[Symbol.dispose]();
    using _room = await gate.enter();
  });
});

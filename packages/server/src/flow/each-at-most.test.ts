import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eachAtMost } from './each-at-most.ts';

async function* numbers(count: number, given: (n: number) => void = () => undefined): AsyncGenerator<number> {
  for (let n = 0; n < count; n += 1) {
    given(n);
    yield n;
  }
}

describe('work for each item of a source', () => {
  it('is done for all, never for more than a few at once', async () => {
    const done: number[] = [];
    let running = 0;
    let most = 0;
    await eachAtMost(3, numbers(10), async (n) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise(setImmediate);
      running -= 1;
      done.push(n);
    });
    assert.deepEqual(done.toSorted(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.equal(most, 3);
  });

  it('ends with the first failure, after the running ones, and asks for no more items', async () => {
    const given: number[] = [];
    const ended: number[] = [];
    const failing = eachAtMost(
      2,
      numbers(100, (n) => given.push(n)),
      async (n) => {
        await new Promise(setImmediate);
        if (n === 1) throw new Error('one');
        await new Promise(setImmediate);
        ended.push(n);
      },
    );
    await assert.rejects(failing, /^Error: one$/);
    assert.ok(given.length <= 4, `${given.length} items`);
    assert.deepEqual(
      ended,
      given.filter((n) => n !== 1),
    );
  });

  it('ends with the failure of its source, after the running ones', async () => {
    let ended = 0;
    async function* broken() {
      yield 1;
      throw new Error('source');
    }
    await assert.rejects(
      eachAtMost(2, broken(), async () => {
        await new Promise(setImmediate);
        ended += 1;
      }),
      /^Error: source$/,
    );
    assert.equal(ended, 1);
  });
});

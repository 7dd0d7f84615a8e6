import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createPartWriters, SUPERSEDED } from './part-writers.ts';

/** Work that ends when it is told to, and then only: a write to the disk can't be called off. */
function setUp() {
  const writers = createPartWriters();
  const log: string[] = [];
  const ends = new Map<string, () => void>();
  const work = (name: string) => async (): Promise<string> => {
    log.push(`${name} begins`);
    const { promise, resolve } = Promise.withResolvers<void>();
    ends.set(name, resolve);
    await promise;
    log.push(`${name} ends`);
    return name;
  };
  return {
    log,
    write: (name: string, number: number, uploadId = 'upload') => writers.write(uploadId, number, work(name)),
    alone: (name: string, uploadId = 'upload') => writers.alone(uploadId, work(name)),
    end: (name: string) => ends.get(name)?.(),
    /** Everything that can happen now has happened. */
    async settle() {
      for (let turn = 0; turn < 10; turn += 1) await nextTurn();
      return log.splice(0);
    },
  };
}

describe('the writers of an upload', () => {
  it('of different parts, and of other uploads, write at the same time', async () => {
    const { write, settle, end } = setUp();
    const writing = [write('one', 1), write('two', 2), write('other', 1, 'other')];
    assert.deepEqual(await settle(), ['one begins', 'two begins', 'other begins']);
    for (const name of ['one', 'two', 'other']) end(name);
    assert.deepEqual(await Promise.all(writing), ['one', 'two', 'other']);
  });

  it('of one part follow each other, and only the latest of those who wait writes', async () => {
    const { write, settle, end } = setUp();
    const first = write('first', 1);
    await settle();
    const [second, third] = [write('second', 1), write('third', 1)];
    const refused = assert.rejects(second, (error) => error === SUPERSEDED);
    assert.deepEqual(await settle(), []);
    end('first');
    assert.deepEqual(await settle(), ['first ends', 'third begins']);
    await refused;
    end('third');
    assert.deepEqual(await Promise.all([first, third]), ['first', 'third']);
  });

  it('end before what needs the upload alone, and later ones wait for it', async () => {
    const { write, alone, settle, end } = setUp();
    const writing = [write('one', 1), write('two', 2)];
    await settle();
    const [completing, aborting] = [alone('complete'), alone('abort')];
    const late = write('late', 1);
    assert.deepEqual(await settle(), []);
    end('one');
    assert.deepEqual(await settle(), ['one ends']);
    end('two');
    assert.deepEqual(await settle(), ['two ends', 'complete begins']);
    end('complete');
    assert.deepEqual(await settle(), ['complete ends', 'abort begins']);
    end('abort');
    assert.deepEqual(await settle(), ['abort ends', 'late begins']);
    end('late');
    await Promise.all([...writing, completing, aborting, late]);
  });

  it('follow one that fails', async () => {
    const writers = createPartWriters();
    const fail = () => Promise.reject(new Error('full'));
    await assert.rejects(writers.write('upload', 1, fail), /full/);
    await assert.rejects(writers.alone('upload', fail), /full/);
    assert.equal(await writers.write('upload', 1, async () => 'written'), 'written');
  });
});

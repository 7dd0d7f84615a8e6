import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createHalt } from './halt.ts';

describe('an abortable wait', () => {
  it('settles like the work', async () => {
    const { wait } = createHalt();
    assert.equal(await wait(Promise.resolve(1)), 1);
    await assert.rejects(wait(Promise.reject(new Error('own'))), { message: 'own' });
  });

  it('rejects at once on abort, as do later waits; the first reason counts', async () => {
    const { halt, wait } = createHalt();
    const waiting = wait(new Promise(() => {}));
    halt(new Error('first'));
    halt(new Error('second'));
    await assert.rejects(waiting, { message: 'first' });
    await assert.rejects(wait(Promise.resolve(1)), { message: 'first' });
  });

  it('leaves no unhandled rejection if the work fails later', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    const { halt, wait } = createHalt();
    const late = Promise.withResolvers<void>();
    const waiting = wait(late.promise);
    halt(new Error('off'));
    await assert.rejects(waiting, { message: 'off' });
    const later = Promise.withResolvers<void>();
    await assert.rejects(wait(later.promise), { message: 'off' });
    late.reject(new Error('late'));
    later.reject(new Error('later'));
    await new Promise(setImmediate);
    process.off('unhandledRejection', note);
    assert.deepEqual(unhandled, []);
  });

  it('rejects if it starts after an abort', async () => {
    const { halt, wait } = createHalt();
    await wait(Promise.resolve());
    halt(new Error('now'));
    await assert.rejects(wait(Promise.resolve()), { message: 'now' });
  });
});

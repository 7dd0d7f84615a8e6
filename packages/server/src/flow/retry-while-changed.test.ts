import assert from 'node:assert/strict';
import { syncBuiltinESMExports } from 'node:module';
import { describe, it } from 'node:test';
import timers from 'node:timers/promises';
import { AppError } from '../domain/errors.ts';
import { CHANGED, retryWhileChanged } from './retry-while-changed.ts';

describe('an optimistic write', () => {
  it('is repeated while other writers change the record', async () => {
    let attempts = 0;
    const written = await retryWhileChanged(async () => {
      attempts += 1;
      return attempts < 4 ? CHANGED : 'written';
    });
    assert.deepEqual([written, attempts], ['written', 4]);
  });

  it('fails with Retry-After after twelve attempts', async () => {
    let attempts = 0;
    const writing = retryWhileChanged(async () => {
      attempts += 1;
      return CHANGED;
    });
    await assert.rejects(
      writing,
      (error: AppError) => error.code === 'unavailable' && Number(error.retryAfterSeconds) > 0,
    );
    assert.equal(attempts, 12);
  });

  it('backs off exponentially, from 10 to 500 ms at most', async (t) => {
    const pauses: unknown[] = [];
    t.mock.method(Math, 'random', () => 1); // the longest possible pause
    t.mock.method(timers, 'setTimeout', async (ms: number) => void pauses.push(ms));
    syncBuiltinESMExports();
    t.after(() => {
      t.mock.restoreAll();
      syncBuiltinESMExports();
    });
    await assert.rejects(
      retryWhileChanged(async () => CHANGED),
      { code: 'unavailable' },
    );
    assert.deepEqual(pauses, [10, 20, 40, 80, 160, 320, 500, 500, 500, 500, 500]);
  });

  it('is not repeated after an error', async () => {
    let attempts = 0;
    const gone = new AppError('image-not-found', 'Image not found');
    const writing = retryWhileChanged(async () => {
      attempts += 1;
      throw gone;
    });
    await assert.rejects(writing, gone);
    assert.equal(attempts, 1);
  });
});

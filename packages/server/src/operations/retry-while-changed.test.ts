import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError } from '../domain/errors.ts';
import { CHANGED, retryWhileChanged } from './retry-while-changed.ts';

describe('an optimistic write', () => {
  it('is repeated while others change the record', async () => {
    let attempts = 0;
    const written = await retryWhileChanged(async () => {
      attempts += 1;
      return attempts < 4 ? CHANGED : 'written';
    });
    assert.deepEqual([written, attempts], ['written', 4]);
  });

  it('is given up, and says when to come again', async () => {
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

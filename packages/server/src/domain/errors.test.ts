import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError, invalidField } from './errors.ts';

describe('an application error', () => {
  it('prints its code and its detail', () => {
    const error = new AppError('unavailable', 'Try again', { retryAfterSeconds: 5 });
    assert.equal(String(error), 'AppError: unavailable: Try again');
    assert.deepEqual([error.code, error.detail, error.retryAfterSeconds], ['unavailable', 'Try again', 5]);
  });

  it('keeps its cause out of its message and its detail', () => {
    const cause = new Error('/var/secret: EACCES');
    const error = new AppError('unavailable', 'Try again', { cause });
    assert.equal(error.cause, cause);
    assert.ok(!error.message.includes('secret') && !error.detail.includes('secret'));
  });

  it('has no cause if none is given', () => {
    assert.equal('cause' in new AppError('internal', 'x'), false);
  });

  it('names an invalid field in its detail and in its errors', () => {
    const error = invalidField('?limit', 'expected 1; got 2');
    assert.equal(error.code, 'invalid-request');
    assert.equal(error.detail, '?limit: expected 1; got 2');
    assert.deepEqual(error.errors, [{ pointer: '?limit', detail: 'expected 1; got 2' }]);
  });
});

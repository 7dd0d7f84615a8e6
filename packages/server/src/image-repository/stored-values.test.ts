import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { storedRejection } from './stored-values.ts';

describe('a stored rejection code', () => {
  it('is read under its current name, even if an earlier version stored the former one', () => {
    assert.equal(storedRejection('content-mismatch', 'x', null).code, 'content-mismatch');
    assert.equal(storedRejection('other-bytes', 'x', null).code, 'content-mismatch');
  });

  it('is refused with a TypeError if it is unknown', () => {
    assert.throws(() => storedRejection('not-a-code', 'x', null).code, TypeError);
  });
});

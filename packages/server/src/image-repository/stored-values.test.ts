import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { storedRejectionCode } from './stored-values.ts';

describe('a stored rejection code', () => {
  it('is read under its current name, even if an earlier version stored the former one', () => {
    assert.equal(storedRejectionCode('content-mismatch'), 'content-mismatch');
    assert.equal(storedRejectionCode('other-bytes'), 'content-mismatch');
  });

  it('is refused with a TypeError if it is unknown', () => {
    assert.throws(() => storedRejectionCode('not-a-code'), TypeError);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { storedRejectionCode } from './stored-values.ts';

describe('a stored rejection code', () => {
  it('is read under its present name, also where an earlier version wrote the former one', () => {
    assert.equal(storedRejectionCode('content-mismatch'), 'content-mismatch');
    assert.equal(storedRejectionCode('other-bytes'), 'content-mismatch');
  });

  it('that is unknown is a TypeError', () => {
    assert.throws(() => storedRejectionCode('not-a-code'), TypeError);
  });
});

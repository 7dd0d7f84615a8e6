import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createStagingSpace } from './staging-space.ts';

const OVERLOADED = { code: 'overloaded' };

describe('the space for temporary files', () => {
  it('accepts bytes up to its limit, and not one more', () => {
    const space = createStagingSpace({ maxBytes: 100 });
    const [one, other] = [space.open(), space.open()];
    one.add(60);
    assert.throws(() => other.add(41), OVERLOADED);
    other.add(40);
    assert.throws(() => one.add(1), OVERLOADED);
    assert.throws(() => space.open(), OVERLOADED);
  });

  it('counts a file that exists already, even beyond the limit', () => {
    const space = createStagingSpace({ maxBytes: 100 });
    const made = space.open();
    const received = space.open();
    made.note(150);
    assert.throws(() => received.add(1), OVERLOADED);
    made[Symbol.dispose]();
    received.add(100);
  });

  it('releases the bytes of a file once, when the file is removed', () => {
    const space = createStagingSpace({ maxBytes: 100 });
    const file = space.open();
    file.add(100);
    file[Symbol.dispose]();
    file[Symbol.dispose]();
    const next = space.open();
    next.add(100);
    assert.throws(() => next.add(1), OVERLOADED);
  });
});

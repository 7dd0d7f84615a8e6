import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { soundParams } from './params-by-code.ts';

describe('the params of a problem', () => {
  it('keep what has the form and the bounds of its name', () => {
    const given = { formats: ['image/png', 'image/gif'], got: 'image/tiff' };
    assert.deepEqual(soundParams('unsupported-type', given), given);
    assert.deepEqual(soundParams('unsupported-type', { ...given, got: 'x'.repeat(100) })?.got?.length, 100);
  });

  it('drop texts that are empty, too long, or hold control characters', () => {
    for (const got of ['', 'x'.repeat(101), 'no\u001b[2J', 'a\u202eb', 'a\nb', 7, null, ['x'], {}])
      assert.equal(soundParams('unsupported-type', { got }), undefined, JSON.stringify(got));
  });

  it('drop lists that are too long or hold anything but short texts', () => {
    for (const formats of [Array(11).fill('x'), ['x', 7], 'x', [['x']], ['x'.repeat(101)], { length: 1, 0: 'x' }])
      assert.equal(soundParams('unsupported-type', { formats }), undefined, JSON.stringify(formats));
  });

  it('drop numbers that count nothing', () => {
    for (const width of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '7', null, 7n])
      assert.equal(soundParams('too-many-pixels', { width }), undefined, String(width));
    assert.deepEqual(soundParams('too-many-pixels', { width: 0 }), { width: 0 });
  });

  it('drop reasons outside the set', () => {
    assert.equal(soundParams('unreadable-image', { reason: 'other' }), undefined);
    assert.deepEqual(soundParams('unreadable-image', { reason: 'cut-off' }), { reason: 'cut-off' });
  });

  it('drop names of other codes, unknown ones and inherited ones, and accept no other value', () => {
    assert.equal(soundParams('type-mismatch', { width: 7, other: 'x' }), undefined);
    assert.equal(soundParams('type-mismatch', Object.create({ got: 'image/png' })), undefined);
    assert.equal(soundParams('internal', { got: 'x' }), undefined);
    for (const given of [null, undefined, 7, 'got', true, []])
      assert.equal(soundParams('type-mismatch', given), undefined);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type FocusEvent, type FocusState, focusAfter, NO_FOCUS, pinnedBy } from './focus-state.ts';

const after = (...events: readonly FocusEvent[]): FocusState => events.reduce(focusAfter, NO_FOCUS);

const FOCUSED = { type: 'focused', id: 'a', part: undefined } as const;
const LEFT = { type: 'left' } as const;
const REFUSED = { type: 'refused' } as const;

describe('the focus of a grid', () => {
  it('pins the picture that has it, and leaves it the tab stop', () => {
    assert.equal(pinnedBy(NO_FOCUS), undefined);
    assert.equal(pinnedBy(after(FOCUSED)), 'a');
    assert.deepEqual(after(FOCUSED, LEFT), { at: 'elsewhere', id: 'a' });
    assert.equal(pinnedBy(after(FOCUSED, LEFT)), undefined);
  });

  it('comes to a picture that was wanted, whatever loses it meanwhile', () => {
    const coming = after(FOCUSED, { type: 'wanted', id: 'b' }, LEFT);
    assert.deepEqual(coming, { at: 'coming', id: 'b', part: undefined, refusals: 0 });
    assert.equal(pinnedBy(coming), 'b');
    assert.deepEqual(focusAfter(coming, { ...FOCUSED, id: 'b' }), { at: 'tile', id: 'b', part: undefined });
  });

  it('is given up after a second in which the tile took none', () => {
    const frames = (count: number) => Array.from({ length: count }, () => REFUSED);
    assert.equal(after({ type: 'wanted', id: 'b' }, ...frames(60)).at, 'coming');
    assert.deepEqual(after({ type: 'wanted', id: 'b' }, ...frames(61)), { at: 'elsewhere', id: 'b' });
    assert.deepEqual(after(FOCUSED, REFUSED), after(FOCUSED));
  });

  it('comes to the same part of the neighbour when its picture is taken out, and only then', () => {
    const removed = { type: 'removed', next: 'b' } as const;
    assert.deepEqual(after({ ...FOCUSED, part: 'restore' }, removed), {
      at: 'coming',
      id: 'b',
      part: 'restore',
      refusals: 0,
    });
    assert.deepEqual(after(FOCUSED, LEFT, removed), after(FOCUSED, LEFT));
    const twice = after({ type: 'wanted', id: 'b' }, REFUSED, { type: 'removed', next: 'c' });
    assert.deepEqual(twice, { at: 'coming', id: 'c', part: undefined, refusals: 0 });
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dayOf } from './days.ts';
import { clockAt, firstAt, justAfter, justBefore, positionOf, timeOf } from './position.ts';

const ID = '01976f6e-8c00-7000-8000-00000000000a';
/** The time of that id. */
const UPLOADED = '2025-06-14T17:13:25.248';

const clocked = (taken_at: string | null) => positionOf({ image_id: ID, facts: { taken_at } }, 'capture');

describe('positions', () => {
  it('by capture are the picture’s own clock, and that of its upload in UTC if it says none', () => {
    assert.equal(clocked('1987-01-01T00:00:00.000'), `1987-01-01T00:00:00.000#${ID}`);
    for (const undated of [clocked(null), positionOf({ image_id: ID, facts: null }, 'capture')])
      assert.equal(undated, `${UPLOADED}#${ID}`);
    assert.equal(positionOf({ image_id: ID, facts: { taken_at: '1987-01-01T00:00:00.000' } }, 'upload'), ID);
  });

  it('sort as their times do, also before 1970', () => {
    const clocks = ['0001-01-01T00:00:00.000', '1969-12-31T23:59:59.999', '1970-01-01T00:00:00.000', UPLOADED];
    const positions = clocks.map(clocked);
    assert.deepEqual(positions.toSorted(), positions);
    const times = positions.map(timeOf);
    assert.deepEqual(
      times.toSorted((one, other) => one - other),
      times,
    );
    for (const position of [...positions, ID]) {
      const order = position === ID ? 'upload' : 'capture';
      assert.ok(firstAt(timeOf(position), order) <= position, `expected ${position} after its millisecond's beginning`);
      assert.ok(firstAt(timeOf(position) + 1, order) > position);
      assert.ok(justBefore(position) < position && position < justAfter(position));
    }
  });

  it('of a bound outside the years 1 to 9999 are the first and the last', () => {
    assert.equal(clockAt(Date.UTC(-5, 0)), '0001-01-01T00:00:00.000');
    assert.equal(clockAt(Date.UTC(12_000, 0)), '9999-12-31T23:59:59.999');
  });

  it('have the day of their clock, and at most the browser’s today', () => {
    const day = (clock: string): number => dayOf(clocked(clock));
    assert.equal(day('2019-07-14T23:30:00.000'), day('2019-07-14T00:00:00.000'));
    assert.equal(day('2019-07-15T00:00:00.000'), day('2019-07-14T00:00:00.000') + 1);
    const now = new Date();
    const today = clockAt(Date.UTC(now.getFullYear(), now.getMonth(), now.getDate()));
    assert.equal(day('9999-01-01T00:00:00.000'), day(today));
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { namesZone, parseAskedClock } from './asked-clock.ts';
import { wallClockAt } from './wall-clock.ts';

describe('a wall clock in a request', () => {
  for (const [text, expected] of [
    ['2019-05-04', '2019-05-04T00:00:00.000'],
    ['2019-05-04T10:00', '2019-05-04T10:00:00.000'],
    ['2019-05-04T10:00:59', '2019-05-04T10:00:59.000'],
    ['2019-05-04T10:00:59.5', '2019-05-04T10:00:59.500'],
    ['2020-02-29', '2020-02-29T00:00:00.000'],
    ['0001-01-01', '0001-01-01T00:00:00.000'],
    ['0099-12-31', '0099-12-31T00:00:00.000'],
    ['9999-12-31T23:59:59.999', '9999-12-31T23:59:59.999'],
    ['0000-01-01', undefined],
    ['2019-02-29', undefined],
    ['2019-05-04T24:00', undefined],
    ['2019-05-04T10:60', undefined],
    ['2019-05-04T10:00:60', undefined],
    ['2019-05-04T10:00:59.1234', undefined],
    ['2019-05-04T10:00Z', undefined],
    ['2019-05-04T10:00+02:00', undefined],
    ['2019-05-04T10', undefined],
    ['2019-05', undefined],
    ['2019-05-04 10:00', undefined],
    ['-2019-05-04', undefined],
    ['12019-05-04', undefined],
    ['2019-05-04\n', undefined],
    ['', undefined],
  ] as const)
    it(`is ${expected ?? 'none'} for ${JSON.stringify(text)}`, () => {
      assert.equal(parseAskedClock(text), expected);
    });

  it('is itself in its whole form, and in each shorter form that ends with zeros', () => {
    const [min, max] = [Date.parse('0001-01-01T00:00:00Z'), Date.parse('9999-12-31T23:59:59.999Z')];
    fc.assert(
      fc.property(fc.integer({ min, max }), (ms) => {
        const clock = wallClockAt(ms) ?? assert.fail();
        assert.equal(parseAskedClock(clock), clock);
        assert.equal(parseAskedClock(clock.slice(0, 19)), `${clock.slice(0, 19)}.000`);
        assert.equal(parseAskedClock(clock.slice(0, 16)), `${clock.slice(0, 16)}:00.000`);
        assert.equal(parseAskedClock(clock.slice(0, 10)), `${clock.slice(0, 10)}T00:00:00.000`);
      }),
    );
  });

  for (const [text, expected] of [
    ['2019-05-04T10:00Z', true],
    ['2019-05-04T10:00:00.000z', true],
    ['2019-05-04T10:00+02:00', true],
    ['2019-05-04T10:00:00-0330', true],
    ['2019-05-04T10:00-03', true],
    ['2019-05-04T10:00', false],
    ['2019-05-04', false],
    ['yesterday', false],
  ] as const)
    it(`names ${expected ? 'a' : 'no'} zone as ${text}`, () => {
      assert.equal(namesZone(text), expected);
    });
});

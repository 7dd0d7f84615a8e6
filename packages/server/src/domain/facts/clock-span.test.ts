import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseClockSpan } from './clock-span.ts';
import { wallClockAt } from './wall-clock.ts';

describe('a span of a clock', () => {
  for (const [text, from, before] of [
    ['2024', '2024-01-01T00:00:00.000', '2025-01-01T00:00:00.000'],
    ['2024-02', '2024-02-01T00:00:00.000', '2024-03-01T00:00:00.000'],
    ['2024-12', '2024-12-01T00:00:00.000', '2025-01-01T00:00:00.000'],
    ['2024-02-29', '2024-02-29T00:00:00.000', '2024-03-01T00:00:00.000'],
    ['2024-12-31T23:59', '2024-12-31T23:59:00.000', '2025-01-01T00:00:00.000'],
    ['2024-12-31T23:59:59', '2024-12-31T23:59:59.000', '2025-01-01T00:00:00.000'],
    ['2024-07-14T18:22:31.1', '2024-07-14T18:22:31.100', '2024-07-14T18:22:31.101'],
    ['1969-12-31T23:59:59.999', '1969-12-31T23:59:59.999', '1970-01-01T00:00:00.000'],
    ['0001', '0001-01-01T00:00:00.000', '0002-01-01T00:00:00.000'],
    ['9999', '9999-01-01T00:00:00.000', undefined],
    ['9999-12', '9999-12-01T00:00:00.000', undefined],
    ['9999-12-31T23:59:59.999', '9999-12-31T23:59:59.999', undefined],
  ] as const) {
    it(`${text} ends before ${before ?? 'nothing'}`, () => {
      assert.deepEqual(parseClockSpan(text), { from, before });
    });
  }

  for (const text of [
    ...['', '24', '0000', '2024-13', '2024-00', '2023-02-29', '2024-07-32', '2024-07-14T24:00', '2024-07-14T18:60'],
    ...['2024-07-14T18', '2024-07-14T18:22:60', '2024-07-14T18:22:31.1234', '2024-7-14', '2024-07-14 18:22'],
    ...['2024-07-14T18:22Z', '2024-07-14T18:22:31+02:00', '+2024', ' 2024', '2024\n', '٢٠٢٤'],
  ]) {
    it(`isn't ${JSON.stringify(text)}`, () => {
      assert.equal(parseClockSpan(text), undefined);
    });
  }

  it('of each millisecond is that millisecond', () => {
    const clocks = fc
      .integer({ min: Date.parse('0001-01-01T00:00:00Z'), max: Date.parse('9999-12-31T23:59:59.998Z') })
      .map((ms) => [wallClockAt(ms), wallClockAt(ms + 1)] as const);
    fc.assert(
      fc.property(clocks, ([clock = assert.fail(), next]) => {
        assert.deepEqual(parseClockSpan(clock), { from: clock, before: next });
      }),
    );
  });
});

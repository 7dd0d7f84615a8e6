import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { repeatsOf } from '../../test/repeats.ts';
import { parseRange } from './byte-range.ts';

const SIZE = 1_000;

describe('a single range', () => {
  for (const [header, start, end] of [
    ['bytes=0-0', 0, 0],
    ['bytes=0-499', 0, 499],
    ['bytes=500-999', 500, 999],
    ['bytes=999-', 999, 999],
    ['bytes=0-', 0, 999],
    ['bytes=-1', 999, 999],
    ['bytes=-1000', 0, 999],
    ['BYTES=1-2', 1, 2],
    ['bytes= 1-2\t', 1, 2],
    ['bytes=,1-2, ,', 1, 2],
    ['bytes=007-008', 7, 8],
  ] as const)
    it(`is ${start} to ${end} of ${SIZE}: ${header}`, () => assert.deepEqual(parseRange(header, SIZE), { start, end }));

  for (const [header, start] of [
    ['bytes=0-1000', 0],
    ['bytes=990-99999999999999999999', 990],
    ['bytes=-1001', 0],
    [`bytes=-${'9'.repeat(400)}`, 0],
    [`bytes=990-${'9'.repeat(400)}`, 990],
  ] as const)
    it(`is clipped to the existing bytes: ${header.slice(0, 40)}`, () =>
      assert.deepEqual(parseRange(header, SIZE), { start, end: SIZE - 1 }));
});

describe('an unsatisfiable range', () => {
  for (const [header, sizeBytes] of [
    ['bytes=1000-', SIZE],
    ['bytes=1000-1000', SIZE],
    [`bytes=${'9'.repeat(400)}-`, SIZE],
    ['bytes=-0', SIZE],
    ['bytes=-0', 0],
    ['bytes=0-', 0],
    ['bytes=0-0', 0],
  ] as const)
    it(`is recognized: ${header.slice(0, 40)} of ${sizeBytes}`, () =>
      assert.equal(parseRange(header, sizeBytes), 'unsatisfiable'));
});

describe('the whole representation is served', () => {
  for (const header of [
    undefined,
    '',
    'bytes',
    'bytes=',
    'bytes=,',
    'bytes=-',
    'bytes=--1',
    'bytes=1',
    'bytes=2-1',
    'bytes=a-b',
    'bytes=0x1-2',
    'bytes=1.5-2',
    'bytes=1 - 2',
    'bytes=+1-2',
    'bytes =1-2',
    'bytes=0-1,5-6',
    'bytes=0-1,nonsense',
    'bytes=1000-,2000-',
    'lines=0-1',
    '=0-1',
    '0-1',
  ])
    it(`for ${header === undefined ? 'no header' : JSON.stringify(header)}`, () =>
      assert.equal(parseRange(header, SIZE), undefined));

  it('for the last bytes of an empty representation', () => assert.equal(parseRange('bytes=-5', 0), undefined));
});

describe('any range', () => {
  it('yields the requested bytes, as far as they exist', () => {
    fc.assert(
      fc.property(fc.nat(50), fc.nat(60), fc.nat(60), (sizeBytes, first, last) => {
        const bytes = Array.from({ length: sizeBytes }, (_, at) => at);
        const taken = (header: string) => {
          const range = parseRange(header, sizeBytes);
          return typeof range === 'object' ? bytes.slice(range.start, range.end + 1) : range;
        };
        const [start, end] = first <= last ? [first, last] : [last, first];
        const expected = bytes.slice(start, end + 1);
        assert.deepEqual(taken(`bytes=${start}-${end}`), expected.length > 0 ? expected : 'unsatisfiable');
        if (first > 0 && sizeBytes > 0) assert.deepEqual(taken(`bytes=-${first}`), bytes.slice(-first));
      }),
    );
  });

  it('is parsed without an exception, and never exceeds the representation', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'bytes=,- \t019') }), fc.nat(), (header, sizeBytes) => {
        const range = parseRange(header, sizeBytes);
        if (typeof range === 'object') assert(range.start <= range.end && range.end < sizeBytes);
      }),
      { numRuns: repeatsOf('byteRanges').count },
    );
  });
});

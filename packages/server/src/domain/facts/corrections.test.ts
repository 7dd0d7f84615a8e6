import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { correctedDetails, correctedFacts, parseAskedClock, shiftedClock } from './corrections.ts';
import { type Facts, NO_DETAILS, NOTHING_SAID } from './facts.ts';
import { takenAt } from './taken-at.ts';

const clock = (text: string) => {
  const parsed = parseAskedClock(text);
  assert.ok(parsed);
  return parsed;
};
const READ: Facts = {
  ...NOTHING_SAID.facts,
  taken: { at: clock('2024-07-14T18:22:31.120'), offset: null, source: 'exif-original' },
};

describe('a date in a request', () => {
  for (const [text, expected] of [
    ['2019-05-04', '2019-05-04T00:00:00.000'],
    ['2019-05-04T10:00', '2019-05-04T10:00:00.000'],
    ['2019-05-04T10:00:59', '2019-05-04T10:00:59.000'],
    ['2019-05-04T10:00:59.5', '2019-05-04T10:00:59.500'],
    ['0001-01-01', '0001-01-01T00:00:00.000'],
    ['9999-12-31T23:59:59.999', '9999-12-31T23:59:59.999'],
    ['0000-01-01', undefined],
    ['2019-02-29', undefined],
    ['2019-05-04T24:00', undefined],
    ['2019-05-04T10:00Z', undefined],
    ['2019-05-04T10:00+02:00', undefined],
    ['2019-05', undefined],
    ['2019-05-04 10:00', undefined],
    ['12019-05-04', undefined],
    ['', undefined],
  ] as const)
    it(`of ${text || 'no letters'} is ${expected ?? 'none'}`, () => {
      assert.equal(parseAskedClock(text), expected);
    });
});

describe('corrections', () => {
  it('count instead of what was read, and removed dates stay removed', () => {
    const set = correctedFacts(READ, { takenAt: clock('2019-05-04') }, 3);
    assert.deepEqual(takenAt(set), { at: '2019-05-04T00:00:00.000', offset: null });
    assert.equal(takenAt(correctedFacts(set, { takenAt: null }, 4)), null);
    assert.deepEqual(set.taken, READ.taken);
  });

  it('of a picture that nobody has read leave it to be read', () => {
    assert.equal(correctedFacts(null, { takenAt: null }, 3).reader, 0);
  });

  it('of the position change the record without having it', () => {
    const position = { latitude: 48.1234, longitude: 11.5678 };
    const facts = correctedFacts(READ, { position }, 7);
    assert.equal(facts.positionRevision, 7);
    assert.ok(!JSON.stringify(facts).includes('48.1'));
    assert.deepEqual(correctedDetails(null, position), { ...NO_DETAILS, positionByHand: position });
    assert.deepEqual(correctedDetails(null, null), { ...NO_DETAILS, positionByHand: null });
  });

  it('shift the date that counts', () => {
    assert.equal(shiftedClock(READ, 3_600), '2024-07-14T19:22:31.120');
    assert.equal(shiftedClock(correctedFacts(READ, { takenAt: clock('1970-01-01') }, 3), -1), '1969-12-31T23:59:59.000');
    assert.equal(shiftedClock(correctedFacts(READ, { takenAt: null }, 3), 1), undefined);
    assert.equal(shiftedClock(null, 1), undefined);
    assert.equal(shiftedClock(READ, 8_000 * 366 * 86_400), undefined);
  });
});

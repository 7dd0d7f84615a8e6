import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Corrections, correctedDetails, correctedFacts, isCorrecting } from './corrections.ts';
import { sampleDetails, sampleFacts } from './facts.fixture.ts';
import { takenAt } from './taken-at.ts';
import { type WallClock, wallClockAt, wallClockMs } from './wall-clock.ts';

const clock = (text: string) => text as WallClock;
const MAY = clock('2019-05-04T00:00:00.000');

const corrected = (corrections: Corrections, facts: Parameters<typeof correctedFacts>[0] = sampleFacts) =>
  correctedFacts(facts, corrections) ?? assert.fail();
const shiftFault = (detail: RegExp) => (error: { code: string; errors: { pointer: string; detail: string }[] }) => {
  assert.deepEqual([error.code, error.errors[0]?.pointer], ['invalid-request', '/shift_taken_seconds']);
  assert.match(error.errors[0]?.detail ?? '', detail);
  return true;
};

const clocks = fc
  .integer({ min: Date.parse('0001-01-01T00:00:00Z'), max: Date.parse('9999-12-31T23:59:59.999Z') })
  .map((ms) => wallClockAt(ms) ?? assert.fail());

describe('a corrected date', () => {
  it('counts instead of what was read, without an offset, and a removed one stays removed', () => {
    const set = corrected({ takenAt: MAY });
    assert.deepEqual(takenAt(set), { at: MAY, offset: null });
    assert.equal(takenAt(corrected({ takenAt: null }, set)), null);
    assert.equal(takenAt(corrected({ takenAt: null })), null);
  });

  it('leaves all that was read, and what a later version wrote', () => {
    const facts = { ...sampleFacts, unknown: { later: 1 } };
    assert.deepEqual(corrected({ takenAt: MAY }, facts), { ...facts, takenByHand: MAY });
  });

  it('of a picture that nobody has read leaves it to be read', () => {
    for (const takenByHand of [MAY, null]) {
      const facts = corrected({ takenAt: takenByHand }, null);
      assert.equal(facts.reader, 0);
      assert.equal(facts.takenByHand, takenByHand);
    }
  });

  it('is absent if only the position is corrected', () => {
    assert.equal(correctedFacts(null, { position: null }), null);
    assert.equal(correctedFacts(sampleFacts, { position: null }), sampleFacts);
  });
});

describe('a moved date', () => {
  it('is moved from the date that counts, over the ends of years and to before 1970', () => {
    assert.equal(corrected({ shiftTakenSeconds: 3_600 }).takenByHand, '2024-07-14T19:22:31.120');
    assert.equal(
      corrected({ shiftTakenSeconds: -1 }, corrected({ takenAt: MAY })).takenByHand,
      '2019-05-03T23:59:59.000',
    );
    const epoch = corrected({ takenAt: clock('1970-01-01T00:00:00.000') });
    assert.equal(corrected({ shiftTakenSeconds: -1 }, epoch).takenByHand, '1969-12-31T23:59:59.000');
  });

  it('is exact, keeps its milliseconds, and comes back when it is moved back', () => {
    fc.assert(
      fc.property(clocks, fc.integer({ min: -3_155_760_000, max: 3_155_760_000 }), (at, seconds) => {
        const before = corrected({ takenAt: at });
        const expected = wallClockAt(wallClockMs(at) + seconds * 1_000);
        if (expected === undefined) {
          assert.throws(() => corrected({ shiftTakenSeconds: seconds }, before), shiftFault(/^expected a date from/));
          return;
        }
        const after = corrected({ shiftTakenSeconds: seconds }, before);
        assert.equal(after.takenByHand, expected);
        assert.equal(after.takenByHand.slice(-4), at.slice(-4));
        assert.equal(corrected({ shiftTakenSeconds: -seconds }, after).takenByHand, at);
      }),
    );
  });

  it('needs a date', () => {
    const undated = [null, { ...sampleFacts, taken: null }, corrected({ takenAt: null })];
    for (const facts of undated)
      assert.throws(
        () => correctedFacts(facts, { shiftTakenSeconds: 1 }),
        shiftFault(/^expected an image with a date/),
      );
  });

  it('lies in the years 1 to 9999', () => {
    for (const [at, seconds] of [
      ['0001-01-01T00:00:00.999', -1],
      ['9999-12-31T23:59:59.000', 1],
    ] as const) {
      const facts = corrected({ takenAt: clock(at) });
      assert.throws(() => correctedFacts(facts, { shiftTakenSeconds: seconds }), shiftFault(/from the year 1 to 9999/));
    }
  });
});

describe('a corrected position', () => {
  const position = { latitude: -33.8568, longitude: 151.2153 };

  it('lies beside the one that was read, also if it is none', () => {
    for (const byHand of [position, null])
      assert.deepEqual(correctedDetails(sampleDetails, byHand), { ...sampleDetails, positionByHand: byHand });
  });

  it('begins the details of a picture that has none', () => {
    for (const byHand of [position, null]) {
      const { positionByHand, keywords, ...others } = correctedDetails(null, byHand);
      assert.deepEqual([positionByHand, keywords], [byHand, []]);
      assert.deepEqual(new Set(Object.values(others)), new Set([null]));
    }
  });
});

it('corrections that say nothing correct nothing, and null says something', () => {
  assert.equal(isCorrecting({}), false);
  assert.equal(isCorrecting({ takenAt: undefined, position: undefined, shiftTakenSeconds: undefined }), false);
  for (const one of [{ takenAt: null }, { position: null }, { shiftTakenSeconds: 1 }])
    assert.equal(isCorrecting(one), true);
});

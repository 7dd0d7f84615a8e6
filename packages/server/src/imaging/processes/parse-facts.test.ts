import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NOTHING_SAID, type ReadFacts } from '../../domain/facts/facts.ts';
import { UTC } from '../../domain/facts/offset.ts';
import { wallClockOf } from '../../domain/facts/wall-clock.ts';
import { parseFacts } from './parse-facts.ts';

const at = wallClockOf({ year: 2024, month: 7, day: 14 });
assert.ok(at);
const SAID: ReadFacts = {
  facts: {
    ...NOTHING_SAID.facts,
    taken: { at, offset: UTC, source: 'gps' },
    camera: 'Example One',
    lens: 'زوم\u200cها 👩\u200d🚀',
    exposure: { seconds: 0.004, fNumber: 1.78, iso: 80, focalLength: 6.765 },
    isAiGenerated: true,
    hasC2pa: true,
  },
  details: {
    position: { latitude: 48.1, longitude: 11.5 },
    title: 'a',
    description: 'b',
    keywords: ['c'],
    creator: 'd',
    copyright: 'e',
  },
};

describe('facts that a decoder says', () => {
  it('are those that it read', () => {
    assert.deepEqual(parseFacts(JSON.parse(JSON.stringify(SAID))), SAID);
  });

  for (const [name, said] of Object.entries({ nothing: undefined, 'a text': 'facts', 'a list': [], null: null }))
    it(`are none if it says ${name}`, () => {
      assert.deepEqual(parseFacts(said), NOTHING_SAID);
    });

  /** Changes of one member, which alone is absent then. */
  const facts: Readonly<Record<string, readonly [said: object, dropped: object]>> = {
    'a date that no calendar has': [{ taken: { ...SAID.facts.taken, at: '2024-02-30T00:00:00.000' } }, { taken: null }],
    'a date without milliseconds': [{ taken: { ...SAID.facts.taken, at: '2024-02-20T00:00:00' } }, { taken: null }],
    'a year of five digits': [{ taken: { ...SAID.facts.taken, at: '+12024-02-20T00:00:00.000' } }, { taken: null }],
    'another source': [{ taken: { ...SAID.facts.taken, source: 'guess' } }, { taken: null }],
    'an offset of no place': [
      { taken: { ...SAID.facts.taken, offset: '+23:00' } },
      { taken: { ...SAID.facts.taken, offset: null } },
    ],
    'a camera with an escape': [{ camera: 'a\u001b[2J' }, { camera: null }],
    'a camera that turns the text around': [{ camera: 'a\u202eb' }, { camera: null }],
    'a camera of too many letters': [{ camera: 'a'.repeat(129) }, { camera: null }],
    'a lens that is a number': [{ lens: 5 }, { lens: null }],
    'a negative time': [
      { exposure: { ...SAID.facts.exposure, seconds: -1 } },
      { exposure: { ...SAID.facts.exposure, seconds: null } },
    ],
    'no exposure': [{ exposure: 'long' }, { exposure: NOTHING_SAID.facts.exposure }],
    'a flag that is a text': [{ isAiGenerated: 'false' }, { isAiGenerated: false }],
    'a member that nobody knows': [{ html: '<b>' }, {}],
    'a later reader': [{ reader: 99 }, {}],
  };
  for (const [name, [said, dropped]] of Object.entries(facts))
    it(`are without ${name}`, () => {
      const { facts: parsed, details } = parseFacts({ ...SAID, facts: { ...SAID.facts, ...said } });
      assert.deepEqual(parsed, { ...SAID.facts, ...dropped });
      assert.deepEqual(details, SAID.details);
    });

  const details: Readonly<Record<string, readonly [said: object, dropped: object]>> = {
    'a place beyond the pole': [{ position: { latitude: 91, longitude: 0 } }, { position: null }],
    'a place of texts': [{ position: { latitude: '48', longitude: '11' } }, { position: null }],
    'a place nowhere': [{ position: { latitude: null, longitude: 5 } }, { position: null }],
    'a title of two lines': [{ title: 'a\nb' }, { title: null }],
    'half a letter': [{ title: 'a\ud83d' }, { title: null }],
    'keywords that are no list': [{ keywords: 'a' }, { keywords: [] }],
    'a keyword that is none': [{ keywords: [5, 'c', '\u0000'] }, { keywords: ['c'] }],
    'more keywords than anybody reads': [{ keywords: Array(51).fill('c') }, { keywords: Array(50).fill('c') }],
  };
  for (const [name, [said, dropped]] of Object.entries(details))
    it(`are without ${name}`, () => {
      const parsed = parseFacts({ ...SAID, details: { ...SAID.details, ...said } });
      assert.deepEqual(parsed.details, { ...SAID.details, ...dropped });
    });

  it('have no details that say nothing', () => {
    assert.equal(parseFacts({ ...SAID, details: { position: { latitude: 0, longitude: 0 } } }).details, null);
  });

  it('have no date after the latest one', () => {
    const latestMs = Date.parse('2024-07-14T00:00:00Z');
    assert.deepEqual(parseFacts(SAID, latestMs).facts.taken, SAID.facts.taken);
    assert.equal(parseFacts(SAID, latestMs - 1).facts.taken, null);
  });
});

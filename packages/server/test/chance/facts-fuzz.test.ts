import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { windowOn } from '../../src/imaging/facts/blocks/blocks.ts';
import { exifBlock, xmpPacket } from '../../src/imaging/facts/exif.fixture.ts';
import { factsIn } from '../../src/imaging/facts/read-facts.ts';
import { parseFacts } from '../../src/imaging/processes/parse-facts.ts';
import { repeatsOf } from '../repeats.ts';
import { createRandom, type Random } from './random.ts';

const { count: COUNT, seed: SEED } = repeatsOf('mutatedFacts');

/** CPU time of a reading beyond which it costs an inspection something. */
const MOST_MS = 50;

const degrees = (value: number) => ({
  rationals: [
    [value, 1],
    [30, 1],
    [15, 1],
  ] as const,
});

const EXIF = (['II', 'MM'] as const).map((order) =>
  exifBlock(
    {
      image: { 270: 'A harbour', 271: 'Example', 272: 'One', 306: '2024:07:14 18:22:31', 33432: 'mine' },
      exif: {
        33434: { rationals: [[1, 250]] },
        34855: { shorts: [80] },
        36867: '2024:07:14 18:22:31',
        36881: '+02:00',
        37521: '12',
        42036: 'A lens',
      },
      gps: {
        1: 'N',
        2: degrees(48),
        3: 'E',
        4: degrees(11),
        7: {
          rationals: [
            [16, 1],
            [22, 1],
            [3125, 100],
          ],
        },
        29: '2024:07:14',
      },
    },
    order,
  ),
);
const XMP = xmpPacket(
  `<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Harbour &amp; sea</rdf:li></rdf:Alt></dc:title>
<dc:subject><rdf:Bag><rdf:li>sea</rdf:li><rdf:li>sun</rdf:li></rdf:Bag></dc:subject><dc:rights><![CDATA[mine]]></dc:rights>`,
  'xmp:CreateDate="2019-01-01T10:00:00+02:00"',
);
/** Parts of texts that readers of other services stumbled over. */
const PIECES = [
  '<',
  '>',
  '"',
  '&',
  '&#x0;',
  '<!--',
  '<![CDATA[',
  '<!DOCTYPE',
  '</rdf:li>',
  '\u001b[2J',
  '\u202e',
  '\ud83d',
];

function mutated(random: Random, bytes: Uint8Array): Buffer {
  const changed = Buffer.from(bytes);
  for (let changes = 1 + random.below(6); changes > 0; changes -= 1) {
    const at = random.below(changed.length);
    const how = random.pick(['piece', 'run', 'byte', 'byte']);
    if (how === 'piece') changed.write(random.pick(PIECES), at);
    else if (how === 'run')
      changed.fill(random.pick([0, 0xff, 0x41]), at, Math.min(at + 1 + random.below(8), changed.length));
    else changed[at] = random.below(256);
  }
  return random.chance(0.1) ? changed.subarray(0, random.below(changed.length)) : changed;
}

/** The most costly packets that the bounds of the reader let through. */
const COSTLY = {
  'prefixes that each element declares anew': `<a ${Array.from({ length: 98 }, (_, at) => `xmlns:p${at}="u"`).join(' ')}>${'<b xmlns:q="x"/>'.repeat(60_000)}`,
  attributes: `${`<b ${Array.from({ length: 199 }, (_, at) => `a${at}=""`).join(' ')}>`.repeat(800)}`,
  'entities that nobody reads': `<a>${'&#1;'.repeat(262_000)}<b/>`,
  'entities of a value': xmpPacket(`<dc:title>${'&#65;'.repeat(200_000)}</dc:title>`).toString(),
  'entities of an attribute': xmpPacket('', `xmp:CreateDate="${'&#65;'.repeat(200_000)}"`).toString(),
  values: xmpPacket(`<dc:subject><rdf:Bag>${'<rdf:li>a</rdf:li>'.repeat(55_000)}</rdf:Bag></dc:subject>`).toString(),
  tags: '<a>'.repeat(300_000),
};

/** The least CPU time of three readings, in milliseconds. */
function costOf(read: () => unknown): number {
  const costs = [0, 1, 2].map(() => {
    const start = process.cpuUsage();
    read();
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1_000;
  });
  return Math.min(...costs);
}

describe('facts of costly packets', () => {
  for (const [name, packet] of Object.entries(COSTLY))
    it(`are read in little time: ${name}`, () => {
      const xmp = Buffer.from(packet.slice(0, 1_048_576));
      const ms = costOf(() => factsIn({ exif: undefined, xmp, hasC2pa: false }, Number.POSITIVE_INFINITY));
      assert.ok(ms <= MOST_MS, `expected at most ${MOST_MS} ms of CPU; got ${ms}`);
    });
});

describe('facts of mutated blocks', () => {
  it('are read without a fault, in little time, and are what the service accepts of them', () => {
    const random = createRandom(SEED);
    let found = 0;
    let slowestMs = 0;
    for (let run = 0; run < COUNT; run += 1) {
      const exif = mutated(random, random.pick(EXIF));
      const xmp = mutated(random, XMP);
      const read = () => factsIn({ exif: windowOn(exif), xmp, hasC2pa: false }, Number.POSITIVE_INFINITY);
      const start = process.cpuUsage();
      const facts = read();
      const { user, system } = process.cpuUsage(start);
      if ((user + system) / 1_000 > MOST_MS) slowestMs = Math.max(slowestMs, costOf(read)); // a garbage collection isn't its own
      const sent: unknown = JSON.parse(JSON.stringify(facts));
      assert.deepEqual(parseFacts(sent), facts, `run ${run} of SEED=${SEED}`);
      if (facts.facts.taken) found += 1;
    }
    assert.ok(found > COUNT / 2, `expected most of them to keep a date; got ${found} of ${COUNT}`);
    assert.ok(slowestMs <= MOST_MS, `expected at most ${MOST_MS} ms of CPU; got ${slowestMs}`);
  });
});

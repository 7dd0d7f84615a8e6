import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { box, full, gridData, uint } from '../../../../../../../test/pictures/avif-bytes.ts';
import { type HeicFile, heicBytes, overlayData, property } from '../../../../../../../test/pictures/heic-bytes.ts';
import { addItem, addStream, refer } from '../../../../../../../test/pictures/heic-image.ts';
import { encodeHevc, lengthPrefixed, nalUnit } from '../../../../../../../test/pictures/hevc-bytes.ts';
import { createRandom } from '../../../../../test/chance/random.ts';
import { repeatsOf } from '../../../../../test/repeats.ts';
import {
  ALPHA,
  changed,
  editConfiguration,
  FIRST,
  GRID,
  IDR,
  itemOf,
  pictureOf,
  SEI,
  sequenceOf,
  setProperty,
  sliceOf,
  verdict,
  withUnits,
} from './heic.fixture.ts';
import { edited, gray } from './heic-changes.fixture.ts';

/**
 * A verdict takes some milliseconds; a loaded machine and a collection of garbage may make it a hundred times as long.
 */
const MAX_CPU_MS = 2_000;

type Row = readonly [expected: RegExp, make: (file: HeicFile) => Buffer | unknown];

const plain: Record<string, Row> = {
  'iloc with an offset of 2^32 - 1': [/goes beyond/, locatedAt([0x44, 0], [uint(4, 0xffff_ffff), uint(4, 1)])],
  'iloc with an offset of 2^64 - 1': [/goes beyond/, locatedAt([0x84, 0], [Buffer.alloc(8, 255), uint(4, 1)])],
  'iloc with a length of 2^64 - 1': [/goes beyond/, locatedAt([0x48, 0], [uint(4, 0), Buffer.alloc(8, 255)])],
  'iloc with base and offset of 2^63': [/goes beyond/, locatedAt([0x84, 0x80], [half(), half(), uint(4, 1)], true)],
  'iloc with fields of 3 bytes': [/0, 4 or 8 bytes/, locatedAt([0x34, 0], [uint(3, 1), uint(4, 1)])],
  'iloc in idat, which is absent': [/goes beyond/, locatedAt([0x44, 0], [uint(4, 0), uint(4, 1)], false, 1)],
  'iloc in another item': [/in another item/, locatedAt([0x44, 0], [uint(4, 0), uint(4, 1)], false, 2)],
  'iloc of 65,535 items': [/1,000 items/, (file) => edited(file, 'iloc', counted(14, 2))],
  'iloc of 65,535 parts of an item': [/32 parts/, (file) => edited(file, 'iloc', counted(22, 2))],
  'an item in 33 parts': [/32 parts/, (file) => inParts(file, 33)],
  'an item to the end of the file': [/items of at most/, (file) => twiceToEnd(file)],
  'iinf of 65,535 items': [/1,000 items/, (file) => edited(file, 'iinf', counted(12, 2))],
  'iinf of 1,001 items': [/1,000 items/, (file) => addMany(file, 1_001)],
  'iprp of 10,000 properties': [/boxes that fill/, (file) => edited(file, 'iprp', withMany(10_000))],
  'ipma of 2^32 - 1 items': [
    /1,000 items/,
    (file) => edited(file, 'iprp', (iprp) => counted(iprp.indexOf('ipma') + 8, 4)(iprp)),
  ],
  'ipma of 255,000 properties of items': [/10,000 properties/, (file) => manyAssociations(file)],
  'a size of 2^32 - 1': [
    /pixels/,
    (file) => setProperty(file, 0, property.size({ width: 0xffff_ffff, height: 0xffff_ffff })),
  ],
  'a size of 16,385': [/pixels a side/, (file) => setProperty(file, 0, property.size({ width: 16_385, height: 1 }))],
  'a clap box of 2^32 - 1': [
    /fractions/,
    (file) => setProperty(file, 0, property.aperture([-1, -1], [-1, -1], [0, 1], [0, 1])),
  ],
  'a profile of 5 MB': [
    /4,194,304 bytes in the meta/,
    (file) => setProperty(file, 0, property.icc(Buffer.alloc(5_000_000))),
  ],
  'hvcC of 65,535 NAL units': [/128 NAL units/, (file) => editConfiguration(file, (data) => hvcC(data, 65_535, SEI))],
  'hvcC of 255 empty arrays': [/picture parameters 0/, (file) => editConfiguration(file, (data) => hvcC(data, 0, SEI))],
  'hvcC with a NAL unit without a header': [
    /with a header/,
    (file) => editConfiguration(file, (data) => hvcC(data, 1, Buffer.alloc(0))),
  ],
  'SPS of 2^31 pixels': [/at most 65,535/, () => withSequence(sequenceOf({ width: 2 ** 31 - 2 }))],
  'SPS with a number of 60,000 zeros': [/16,384 bytes/, () => withSequence(nalUnit(33, Buffer.alloc(40_000)))],
  'SPS with a number of 64 zeros': [/at most 32 bits/, () => withSequence(sequenceOf({}))],
  'SPS with 8 sub-layers': [/7 temporal/, () => withSequence(sequenceOf({ subLayers: 7 }))],
  'SPS of chroma format 4': [/ranges/, () => withSequence(sequenceOf({ chroma: 4 }))],
  '65 different parameter sets': [/64 different/, () => withUnits(...manySets(), FIRST)],
  '1,025 NAL units': [/1,024 NAL units/, () => withUnits(FIRST, ...Array.from({ length: 1_024 }, () => SEI))],
  'NAL units of 2^32 - 1 bytes': [
    /goes beyond/,
    (file) => {
      itemOf(file).data.fill(255, 0, 4);
    },
  ],
  'a slice address of all ones': [/one behind it/, () => withUnits(FIRST, nalUnit(IDR, sliceOf({ address: 15 })))],
  'a meta box of 5 MB': [
    /4,194,304 bytes/,
    (file) => {
      file.extraInMeta.push(box('free', Buffer.alloc(5_000_000)));
    },
  ],
  '65 boxes in meta': [
    /at most 64 boxes/,
    (file) => {
      for (let left = 65; left > 0; left--) file.extraInMeta.push(box('free'));
    },
  ],
  '1,001 boxes': [
    /1,000 boxes/,
    (file) => Buffer.concat([heicBytes(file), ...Array.from({ length: 1_000 }, () => box('free'))]),
  ],
  'a box of 2^64 - 1 bytes': [
    /cut off/,
    (file) => Buffer.concat([heicBytes(file), uint(4, 1), Buffer.from('free'), Buffer.alloc(8, 255)]),
  ],
  'a box of 4 bytes': [/cut off/, (file) => Buffer.concat([heicBytes(file), uint(4, 4), Buffer.from('free')])],
  'a box without a type': [/65,536 bytes after/, (file) => Buffer.concat([heicBytes(file), Buffer.alloc(70_000)])],
};

const derived: Record<string, Row> = {
  'a grid of 65,536 tiles': [
    /1,024 tiles.*got 65,536/,
    (file) => {
      itemOf(file, -1).data = gridData(256, 256, { width: 150, height: 131 });
    },
  ],
  'a grid with 5,000 bytes of data': [
    /a few bytes/,
    (file) => {
      itemOf(file, -1).data = Buffer.alloc(5_000);
    },
  ],
  'a grid of 65,535 times a tile': [
    /1,000 references/,
    (file) => {
      file.references[0]?.to.push(...new Array<number>(65_526).fill(1));
    },
  ],
  'a grid of itself': [/tiles of a grid/, (file) => file.references[0]?.to.splice(0, 1, itemOf(file, -1).id)],
  'a grid of grids': [
    /tiles of a grid/,
    (file) => {
      itemOf(file).type = 'grid';
    },
  ],
  'a chain of 100 derived pictures': [/4 items made of one another/, (file) => chain(file, 100, 'iden')],
  'a chain of 100 overlays': [/4 items made of one another/, (file) => chain(file, 100, 'iovl')],
  'an overlay of 33 layers': [/32 layers/, (file) => overlay(file, 33)],
  'an overlay of no layers': [/layers in an overlay.*got 0/, (file) => overlay(file, 0)],
  'two derived pictures of one another': [/used once/, (file) => circle(file)],
  'alpha of a derived picture of its picture': [/HEVC pictures as alpha/, (file) => alphaOfItself(file)],
  '16,385 NAL units in all tiles': [
    /16,384 NAL units/,
    (file) => {
      for (let place = 0; place < 100; place++) fillTile(file, place);
    },
  ],
};

describe('a hostile HEIC is refused at once', () => {
  const refused = (bytes: Buffer, expected: RegExp): void => {
    const before = process.cpuUsage();
    assert.match(verdict(bytes), expected);
    const { user, system } = process.cpuUsage(before);
    assert.ok(user + system < MAX_CPU_MS * 1_000, `${user + system} us`);
  };
  for (const [name, [expected, make]] of Object.entries(plain)) {
    it(name, () => refused(bytesOf(make, pictureOf(64, 48)), expected));
  }
  for (const [name, [expected, make]] of Object.entries(derived)) {
    const size = name.includes('all tiles') ? 640 : 150;
    it(name, () => refused(bytesOf(make, pictureOf(size, size === 640 ? 640 : 131, GRID)), expected));
  }
});

/** A change may return another file, too. */
function bytesOf(make: Row[1], file: HeicFile): Buffer {
  const made = make(file);
  if (made && typeof made === 'object' && 'brand' in made) return heicBytes(made as HeicFile);
  return changed(file, () => made);
}

function half(): Buffer {
  return Buffer.concat([uint(4, 0x8000_0000), uint(4, 0)]);
}

/** `iloc` with one item, whose only part has these fields. */
function locatedAt(widths: readonly number[], fields: readonly Buffer[], hasBase = false, method = 0) {
  const [base, rest] = hasBase ? [fields.slice(0, 1), fields.slice(1)] : [[], fields];
  const parts = [uint(2, 1), uint(2, method), uint(2, 0), ...base, uint(2, 1), ...rest];
  return (file: HeicFile) => edited(file, 'iloc', () => full('iloc', 1, Buffer.from(widths), uint(2, 1), ...parts));
}

/** Sets a count to its maximum. */
function counted(at: number, sizeBytes: number): (bytes: Buffer) => Buffer {
  return (bytes) => Buffer.from(bytes).fill(255, at, at + sizeBytes);
}

function inParts(file: HeicFile, count: number): void {
  itemOf(file).extents = Array.from({ length: count }, (_, place) => ({ offset: place, length: 1 }));
}

/** Two items that reach from the start to the end of the file. */
function twiceToEnd(file: HeicFile): Buffer {
  const part = (id: number) => [uint(2, id), uint(2, 0), uint(2, 0), uint(2, 1), uint(4, 0), uint(4, 0)];
  return edited(file, 'iloc', () => full('iloc', 1, Buffer.from([0x44, 0]), uint(2, 2), ...part(1), ...part(2)));
}

function addMany(file: HeicFile, count: number): void {
  for (let left = count; left > 0; left--)
    file.items.push({ ...itemOf(file), id: 1 + file.items.length, properties: [] });
}

const withMany =
  (count: number) =>
  (iprp: Buffer): Buffer => {
    const ipma = iprp.subarray(iprp.indexOf('ipma') - 4);
    return box('iprp', box('ipco', ...Array.from({ length: count }, () => box('free'))), ipma);
  };

function manyAssociations(file: HeicFile): Buffer {
  const entries = Array.from({ length: 1_000 }, (_, id) => Buffer.concat([uint(2, id), Buffer.alloc(256, 255)]));
  const ipma = full('ipma', 0, uint(4, entries.length), ...entries);
  return edited(file, 'iprp', () => box('iprp', box('ipco', box('free')), ipma));
}

/** Arrays of a number of units, the first with one. */
function hvcC(data: Buffer, count: number, unit: Buffer): Buffer {
  const head = Buffer.from(data.subarray(0, 23));
  const arrays = count === 0 ? 255 : 1;
  head[22] = arrays;
  const units = Array.from({ length: Math.min(count, 200) }, () => Buffer.concat([uint(2, unit.length), unit]));
  const array = Buffer.concat([uint(1, 39), uint(2, count), ...units]);
  return Buffer.concat([head, ...Array.from({ length: arrays }, () => array)]);
}

const withSequence = (sequence: Buffer): HeicFile => withUnits(sequence, FIRST);

/** PPS that differ in their initial quantization. */
function manySets(): readonly Buffer[] {
  return Array.from({ length: 80 }, (_, place) => {
    const payload = Buffer.from('c0f2c0f02d', 'hex').fill(0, 5);
    return nalUnit(
      32,
      Buffer.concat([Buffer.from([place << 4, 1, 0xff, 0xff]), uint(1, place), Buffer.alloc(30), payload]),
    );
  });
}

function chain(file: HeicFile, count: number, type: 'iden' | 'iovl'): void {
  for (let left = count; left > 0; left--) {
    const [size, inner] = [{ width: 150, height: 131 }, itemOf(file, -1)];
    const data = type === 'iovl' ? overlayData(size, [{ x: 0, y: 0 }]) : Buffer.alloc(0);
    const item = addItem(file, type, data, [property.size(size)]);
    refer(file, 'dimg', item, [inner]);
    file.primary = item.id;
  }
}

function overlay(file: HeicFile, layers: number): void {
  const size = { width: 150, height: 131 };
  const places = Array.from({ length: layers }, () => ({ x: 0, y: 0 }));
  const item = addItem(file, 'iovl', overlayData(size, places), [property.size(size)]);
  const inner = itemOf(file);
  refer(
    file,
    'dimg',
    item,
    Array.from({ length: layers }, () => inner),
  );
  file.primary = item.id;
}

function circle(file: HeicFile): void {
  const [one, other] = [0, 1].map(() =>
    addItem(file, 'iden', Buffer.alloc(0), [property.size({ width: 1, height: 1 })]),
  );
  if (!one || !other) return;
  refer(file, 'dimg', one, [other]);
  refer(file, 'dimg', other, [one]);
  file.primary = one.id;
}

function alphaOfItself(file: HeicFile): void {
  const picture = itemOf(file, -1);
  const auxiliary = [property.size({ width: 150, height: 131 }), property.auxiliary(ALPHA.alphaUrn)];
  const alpha = addItem(file, 'iden', Buffer.alloc(0), auxiliary);
  refer(file, 'dimg', alpha, [picture]);
  refer(file, 'auxl', alpha, [picture]);
}

function fillTile(file: HeicFile, place: number): void {
  const item = itemOf(file, place);
  item.data = Buffer.concat([item.data, lengthPrefixed(Array.from({ length: 170 }, () => SEI))]);
}

/** What a decoder may answer: printable text, whatever the file names. */
const SENTENCE = /^sound$|^expected [^\p{Cc}\p{Cf}\p{Co}\p{Cs}]+; got [^\p{Cc}\p{Cf}\p{Co}\p{Cs}]+$/u;

describe('a changed HEIC', () => {
  const { count, seed } = repeatsOf('mutatedHeics');
  const originals = [
    pictureOf(64, 48, { slices: 3, quarterTurns: 1 }),
    pictureOf(150, 131, { ...GRID, ...ALPHA }),
    pictureOf(64, 48, { derivation: 'iovl', bitDepth: 10 }),
    withAll(),
  ].map(heicBytes);

  it(`gets a verdict after each of ${count} changes of its boxes, parameter sets or headers`, () => {
    const random = createRandom(seed);
    for (let round = 0; round < count; round++) {
      const bytes = Buffer.from(random.pick(originals));
      const end = bytes.indexOf('mdat') + 40; // behind are slices' data
      for (let changes = 1 + random.below(3); changes > 0; changes--) {
        const at = random.below(end);
        if (random.chance(0.5)) bytes[at] = random.below(256);
        else bytes.fill(random.pick([0, 0x7f, 0x80, 0xff]), at, Math.min(end, at + random.pick([1, 2, 4, 8])));
      }
      assert.match(verdict(bytes), SENTENCE, `seed ${seed}, round ${round}`);
    }
  });
});

/** With every kind of box that is read. */
function withAll(): HeicFile {
  const file = pictureOf(64, 48, {
    ...ALPHA,
    icc: Buffer.alloc(64),
    mirrorAxis: 1,
    crop: { left: 1, top: 1, width: 9, height: 9 },
  });
  file.extraInMeta.push(box('idat', Buffer.alloc(8)));
  addStream(file, encodeHevc(gray(16, 16)), []);
  return file;
}

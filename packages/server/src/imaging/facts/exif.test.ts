import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { windowOn } from './blocks/blocks.ts';
import { degrees, type ExifBlock, exifBlock } from './exif.fixture.ts';
import { readExif } from './exif.ts';

const MAKE = 0x010f;
const MODEL = 0x0110;
const EXPOSURE_TIME = 0x829a;
const ISO = 0x8827;
const ORIGINAL = 0x9003;

const read = (block: ExifBlock, order: 'II' | 'MM' = 'II') => readExif(windowOn(exifBlock(block, order)));

const gpsOf = (latitude: number, longitude: number) => ({
  1: latitude < 0 ? 'S' : 'N',
  2: degrees(Math.abs(latitude)),
  3: longitude < 0 ? 'W' : 'E',
  4: degrees(Math.abs(longitude)),
});
const positionOf = (gps: NonNullable<ExifBlock['gps']>) => read({ gps })?.position;

describe('a block of EXIF', () => {
  for (const order of ['II', 'MM'] as const)
    it(`in the order ${order} has texts, numbers and a place`, () => {
      const found = read(
        {
          image: { [MAKE]: 'Example  ', [MODEL]: 'One' },
          exif: {
            [EXPOSURE_TIME]: { rationals: [[1, 250]] },
            [ISO]: { shorts: [80, 0] },
            [ORIGINAL]: '2024:07:14 18:22:31',
          },
          gps: { ...gpsOf(-48.1234567, 11.5), 18: 'WGS84' },
        },
        order,
      );
      assert.equal(found?.make, 'Example');
      assert.equal(found?.model, 'One');
      assert.deepEqual(found?.exposure, { seconds: 0.004, fNumber: null, iso: 80, focalLength: null });
      assert.equal(found?.dates.original, '2024:07:14 18:22:31');
      assert.deepEqual(found?.position, { latitude: -48.123457, longitude: 11.5 });
    });

  it('may have texts in UTF-8 or in Latin-1', () => {
    const latin1 = Buffer.from('Café\0', 'latin1');
    assert.equal(read({ image: { [MAKE]: 'Café' } })?.make, 'Café');
    assert.equal(read({ image: { [MAKE]: { type: 2, count: latin1.length, bytes: latin1 } } })?.make, 'Café');
  });

  it('may have texts of EXIF 3.0, which have a type of their own', () => {
    const utf8 = (text: string) => {
      const bytes = Buffer.from(text);
      return { type: 129, count: bytes.length, bytes };
    };
    for (const order of ['II', 'MM'] as const) {
      const image = { [MAKE]: utf8('Café 海\0hidden'), [MODEL]: utf8('\u03a9\0') };
      const found = read({ image, exif: { [ORIGINAL]: '2024:07:14 18:22:31' }, gps: gpsOf(10, 10) }, order);
      assert.deepEqual([found?.make, found?.model], ['Café 海', 'Ω']);
      assert.equal(found?.dates.original, '2024:07:14 18:22:31');
    }
    assert.equal(read({ image: { [MAKE]: { ...utf8('One'), count: 4_000_000_000 } } })?.make, undefined);
    assert.equal(read({ exif: { [ISO]: utf8('80') } })?.exposure.iso, null);
  });

  it('may have a text that is too long, which is cut between two letters', () => {
    for (const type of [2, 129])
      for (const letter of ['a', 'ä', '海', '😀'])
        for (const before of ['', 'b', 'bb', 'bbb']) {
          const bytes = Buffer.from(before + letter.repeat(20_000));
          const make = read({ image: { [MAKE]: { type, count: bytes.length, bytes } } })?.make ?? '';
          assert.match(make, new RegExp(`^${before}(?:${letter})+$`, 'u'));
          assert.ok(Buffer.byteLength(make) <= 16_384);
        }
  });

  it('has a higher sensitivity in another field', () => {
    const exif = { [ISO]: { shorts: [65_535] }, 34866: { longs: [102_400] } };
    assert.equal(read({ exif })?.exposure.iso, 102_400);
  });

  const places: Readonly<Record<string, NonNullable<ExifBlock['gps']>>> = {
    'exactly 0, 0': gpsOf(0, 0),
    'a latitude beyond the pole': gpsOf(90.5, 10),
    'a longitude beyond the date line': gpsOf(10, 180.5),
    'a division by zero': {
      ...gpsOf(10, 10),
      2: {
        rationals: [
          [1, 0],
          [0, 1],
          [0, 1],
        ],
      },
    },
    'nothing divided by nothing': {
      ...gpsOf(10, 10),
      2: {
        rationals: [
          [0, 0],
          [0, 0],
          [0, 0],
        ],
      },
    },
    'another reference': { ...gpsOf(10, 10), 1: 'X' },
    'a reference of objects': { ...gpsOf(10, 10), 1: '__proto__' },
    'no reference': { 2: degrees(10), 4: degrees(10) },
    'another datum': { ...gpsOf(10, 10), 18: 'TOKYO' },
    'texts in place of numbers': { ...gpsOf(10, 10), 2: '10' },
  };
  for (const [name, gps] of Object.entries(places))
    it(`has no place of ${name}`, () => {
      assert.equal(positionOf(gps), null);
    });

  it('has places at the poles and at the date line', () => {
    assert.deepEqual(positionOf(gpsOf(-90, 180)), { latitude: -90, longitude: 180 });
    assert.deepEqual(positionOf(gpsOf(0, 0.000001)), { latitude: 0, longitude: 0.000001 });
  });

  const SOUND = { image: { [MODEL]: 'One' } };
  const hostile: Readonly<Record<string, () => Buffer>> = {
    'no bytes': () => Buffer.alloc(0),
    'a header alone': () => exifBlock(SOUND).subarray(0, 8),
    'a header that points to itself': () => Buffer.from([0x49, 0x49, 42, 0, 0, 0, 0, 0]),
    'a header that points beyond': () => Buffer.from([0x49, 0x49, 42, 0, 0xff, 0xff, 0xff, 0xff]),
    'a BigTIFF with an offset that no file reaches': () =>
      Buffer.from([0x49, 0x49, 43, 0, 8, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]),
    'a directory that is its own EXIF directory': () => exifBlock({ image: { 34665: { longs: [8] } } }),
    'directories that point to each other': () =>
      exifBlock({ image: { 34665: { longs: [8] }, 34853: { longs: [8] } } }),
    'ten thousand fields': () => {
      const block = exifBlock({
        image: Object.fromEntries(Array.from({ length: 10_000 }, (_, tag) => [tag + 0x9000, { shorts: [1] }])),
      });
      return block;
    },
    'a count beyond the file': () =>
      exifBlock({ image: { [MAKE]: { type: 2, count: 0xffff_ffff, bytes: Buffer.from([1, 0, 0, 0]) } } }),
    'a type that nobody knows': () => exifBlock({ image: { [MAKE]: { type: 99, count: 1, bytes: Buffer.from('a') } } }),
    'a text of NULs': () => exifBlock({ image: { [MAKE]: { type: 2, count: 9, bytes: Buffer.alloc(9) } } }),
    'a make of numbers': () => exifBlock({ image: { [MAKE]: { shorts: [1, 2, 3] } } }),
    'a pointer that is a text': () => exifBlock({ image: { 34665: 'none' } }),
  };
  for (const [name, block] of Object.entries(hostile))
    it(`of ${name} says nothing`, () => {
      const found = readExif(windowOn(block()));
      assert.equal(found?.make, undefined);
      assert.equal(found?.position ?? null, null);
    });

  it('keeps the sound fields beside a damaged one', () => {
    const broken = { type: 2, count: 1_000_000, bytes: Buffer.from([9, 9, 9, 9]) };
    assert.equal(read({ image: { [MAKE]: broken, [MODEL]: 'One' } })?.model, 'One');
  });
});

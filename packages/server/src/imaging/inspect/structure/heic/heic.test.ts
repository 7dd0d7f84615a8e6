import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { box } from '../../../../../../../test/pictures/avif-bytes.ts';
import { cropTo, type HeicFile, heicBytes, property } from '../../../../../../../test/pictures/heic-bytes.ts';
import { addItem, refer } from '../../../../../../../test/pictures/heic-image.ts';
import { nalUnit } from '../../../../../../../test/pictures/hevc-bytes.ts';
import { ALPHA, FIRST, GRID, itemOf, pictureOf, SEI, verdict, walk, withUnits } from './heic.fixture.ts';
import { setsOf, withAlphaOfTiles } from './heic-changes.fixture.ts';

describe('a HEIC is sound', () => {
  const files: Record<string, HeicFile> = {
    'with one picture': pictureOf(64, 48),
    'of an odd size, cut by a clap box': pictureOf(49, 35),
    'with slices': pictureOf(256, 64, { slices: 5 }),
    'with 10 bits': pictureOf(64, 48, { bitDepth: 10 }),
    'in 4:2:2': pictureOf(64, 48, { chroma: '4:2:2' }),
    'in 4:4:4': pictureOf(63, 47, { chroma: '4:4:4' }),
    'in gray': pictureOf(63, 47, { chroma: '4:0:0' }),
    'turned and mirrored': pictureOf(64, 48, { quarterTurns: 1, mirrorAxis: 1 }),
    'with alpha': pictureOf(64, 48, { ...ALPHA, quarterTurns: 3 }),
    'with a grid': pictureOf(150, 131, GRID),
    'with a grid and alpha': pictureOf(150, 131, { ...GRID, ...ALPHA }),
    'with a derived picture': pictureOf(64, 48, { derivation: 'iden', quarterTurns: 1 }),
    'with an overlay': pictureOf(64, 48, { derivation: 'iovl' }),
    'with a thumbnail and EXIF': pictureOf(64, 48, { thumbnail: { width: 16, height: 16 }, exifOrientation: 6 }),
    'with other units around the slice': withUnits(
      SEI,
      FIRST,
      nalUnit(40, Buffer.from([0x80])),
      nalUnit(38, Buffer.alloc(0)),
    ),
    'with zeros behind a slice': withUnits(Buffer.concat([FIRST, Buffer.alloc(4)])),
    'with equal parameter sets in the item': withUnits(...setsOf({}), FIRST),
  };
  for (const [name, file] of Object.entries(files)) it(name, () => assert.equal(verdict(heicBytes(file)), 'sound'));

  it('with a sequence of pictures beside the primary one', () => {
    assert.equal(verdict(Buffer.concat([heicBytes(pictureOf(64, 48)), box('moov', Buffer.alloc(100))])), 'sound');
  });

  it('with the data of a grid in idat, and a gain map of any content', () => {
    const file = pictureOf(150, 131, GRID);
    itemOf(file, -1).isInIdat = true;
    const map = addItem(file, 'hvc1', Buffer.from('any'), [
      property.auxiliary('urn:com:apple:photo:2020:aux:hdrgainmap'),
    ]);
    refer(file, 'auxl', map, [itemOf(file, -2)]);
    assert.equal(verdict(heicBytes(file)), 'sound');
  });
});

describe('the walk tells the decoder', () => {
  const described = (file: HeicFile) => {
    const picture = walk(heicBytes(file));
    assert.ok(!('detail' in picture));
    return picture;
  };

  it('which tiles to decode, and the size before all transformations', () => {
    const { size, kind, grid, alpha, transformations } = described(
      pictureOf(150, 131, { ...GRID, ...ALPHA, quarterTurns: 1 }),
    );
    assert.deepEqual(size, { width: 150, height: 131 });
    assert.equal(kind, 'grid');
    assert.deepEqual(grid, { columns: 3, rows: 3, tiles: [1, 2, 3, 4, 5, 6, 7, 8, 9], tileSize: GRID.tile });
    assert.deepEqual(alpha?.grid?.tiles, [11, 12, 13, 14, 15, 16, 17, 18, 19]);
    assert.deepEqual(transformations, [{ type: 'irot', angle: 1 }]);
  });

  it('the pixels of a clap box, and the order of transformations', () => {
    const file = pictureOf(64, 48, { crop: { left: 3, top: 5, width: 7, height: 9 }, quarterTurns: 1, mirrorAxis: 0 });
    const clap = { type: 'clap', left: 3, top: 5, width: 7, height: 9 };
    const [irot, imir] = [
      { type: 'irot', angle: 1 },
      { type: 'imir', axis: 0 },
    ];
    assert.deepEqual(described(file).transformations, [clap, irot, imir]);
    const late = pictureOf(64, 48, { quarterTurns: 1 });
    const tall = { left: 3, top: 20, width: 7, height: 40 };
    itemOf(late).properties.push(cropTo(tall, { width: 48, height: 64 }));
    assert.deepEqual(described(late).transformations, [irot, { ...clap, ...tall }]);
  });

  it('that tiles have alpha of their own', () => {
    assert.deepEqual(described(withAlphaOfTiles(4)).alpha?.grid?.tiles, [6, 7, 8, 9]);
  });

  it('colors and sampling', () => {
    const nclx = { primaries: 9, transfer: 16, matrix: 9, isFullRange: false } as const;
    const { bitDepth, chroma, ...picture } = described(pictureOf(64, 48, { bitDepth: 10, chroma: '4:4:4', nclx }));
    assert.deepEqual([bitDepth, chroma, picture.nclx], [10, '444', nclx]);
    const profile = described(pictureOf(64, 48, { icc: Buffer.alloc(200, 1), nclx }));
    assert.equal(profile.icc?.length, 200);
    assert.deepEqual(profile.nclx, nclx, 'from the VUI');
  });

  it('that colors are multiplied with alpha', () => {
    const file = pictureOf(64, 48, ALPHA);
    assert.equal(described(file).isPremultiplied, false);
    refer(file, 'prem', itemOf(file), [itemOf(file, 1)]);
    assert.equal(described(file).isPremultiplied, true);
  });
});

const FOLDER = process.env['PICTURES_DIR'];
const NO_PICTURES = FOLDER ? false : 'set PICTURES_DIR to a folder of real HEIC files to run it';

describe('real files', { skip: NO_PICTURES }, () => {
  const files = (folder: string): readonly (readonly [string, Buffer])[] =>
    readdirSync(join(FOLDER ?? '', folder)).map((name) => [name, readFileSync(join(FOLDER ?? '', folder, name))]);

  it('from phones, encoders and editors are sound', () => {
    for (const [name, bytes] of files('heic')) assert.equal(verdict(bytes), 'sound', name);
  });

  it('from fuzzers get a verdict', () => {
    for (const [name, bytes] of files('heic-hostile')) assert.match(verdict(bytes), /^sound$|^expected .+; got /, name);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { box, gridData } from '../../../../../../../test/pictures/avif-bytes.ts';
import { type HeicFile, heicBytes, property } from '../../../../../../../test/pictures/heic-bytes.ts';
import { ALPHA_URNS, addItem, type HeicImage, refer } from '../../../../../../../test/pictures/heic-image.ts';
import { lengthPrefixed, nalUnit } from '../../../../../../../test/pictures/hevc-bytes.ts';
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
  setProperty,
  sliceOf,
  verdict,
  withUnits,
} from './heic.fixture.ts';
import {
  addProperty,
  doubled,
  edited,
  gray,
  hvcCArray,
  lastBytes,
  removeProperty,
  replaceItem,
  secondPictureSet,
  setGrid,
  setsOf,
  withAlphaOfTiles,
  withAlphaTwice,
  withSets,
} from './heic-changes.fixture.ts';

describe('a HEIC is refused', () => {
  type Row = readonly [expected: RegExp, image: Partial<HeicImage>, change: (file: HeicFile) => Buffer | unknown];
  const rows: Record<string, Row> = {
    'without meta': [
      /a meta box.*got none/,
      {},
      (file) => edited(file, 'meta', (meta) => box('free', meta.subarray(8))),
    ],
    'with only a sequence': [/got an image sequence/, {}, () => box('moov', Buffer.alloc(64))],
    'with a mini box': [/got a mini box/, {}, () => box('mini', Buffer.alloc(64))],
    'with two meta boxes': [
      /one meta box.*got another/,
      {},
      (file) => edited(file, 'meta', (meta) => Buffer.concat([meta, meta])),
    ],
    'that is cut off': [/cut off/, {}, (file) => heicBytes(file).subarray(0, -1)],

    'with an item that is named twice in iloc': [
      /once in the iloc box/,
      {},
      (file) => edited(file, 'iloc', doubled(16)),
    ],
    'with a property that is none': [/existing properties/, {}, (file) => edited(file, 'iprp', lastBytes(0, 99))],
    'with unknown essential properties': [/got "lsel"/, {}, addProperty('lsel', 2)],
    'with two sizes': [
      /one ispe box.*got more/,
      {},
      (file) => itemOf(file).properties.push(property.size({ width: 1, height: 1 })),
    ],
    'without a size': [/a size \(ispe\)/, {}, removeProperty('ispe')],
    'without hvcC': [/an hvcC box/, {}, removeProperty('hvcC')],
    'with two profiles': [
      /one color profile/,
      { icc: Buffer.alloc(9) },
      (file) => itemOf(file).properties.push(property.icc(Buffer.alloc(8))),
    ],
    'with nclx of another length': [
      /11 bytes/,
      {},
      (file) => setProperty(file, 0, { box: box('colr', Buffer.from('nclx1')), isEssential: false }),
    ],
    'with pixi of other bits': [
      /8 bits in every channel.*got 10/,
      {},
      (file) => setProperty(file, 0, property.bitDepths(10, 10, 10)),
    ],
    'with pixi of other channels': [
      /a pixi box/,
      {},
      (file) => setProperty(file, 0, { box: box('pixi', Buffer.from([0, 0, 0, 0, 3, 8])), isEssential: false }),
    ],
    'with two turns': [
      /one irot box/,
      { quarterTurns: 1 },
      (file) => itemOf(file).properties.push(property.rotation(1)),
    ],
    'with a turn of no byte': [/1 bytes of data in the irot/, {}, addProperty('irot', 0)],
    'cut outside': [
      /inside the picture/,
      {},
      (file) => setProperty(file, 0, property.aperture([64, 1], [48, 1], [1, 2], [0, 1])),
    ],
    'cut to nothing': [
      /at least a pixel/,
      {},
      (file) => setProperty(file, 0, property.aperture([1, 2], [48, 1], [0, 1], [0, 1])),
    ],
    'cut by zero': [
      /fractions/,
      {},
      (file) => setProperty(file, 0, property.aperture([64, 1], [48, 1], [0, 0], [0, 1])),
    ],

    'of AV1': [
      /image\/heic.*got image\/avif/,
      {},
      (file) => {
        itemOf(file).type = 'av01';
      },
    ],
    'of JPEG': [
      /HEVC pictures as the primary item.*got JPEG/,
      {},
      (file) => {
        itemOf(file).type = 'jpeg';
      },
    ],
    'of JPEG 2000 in a grid': [
      /as the tiles of a grid.*got JPEG 2000/,
      GRID,
      (file) => {
        itemOf(file).type = 'j2k1';
      },
    ],
    'of no item': [
      /got no item/,
      {},
      (file) => {
        file.primary = 9;
      },
    ],

    'with data outside': [
      /inside a HEIC; got some that goes beyond/,
      {},
      (file) => {
        itemOf(file).extents = [{ offset: 1, length: itemOf(file).data.length }];
      },
    ],
    'with tiles that share bytes': [
      /two items share/,
      GRID,
      (file) => {
        const { length } = itemOf(file, 1).data;
        itemOf(file, 1).extents = [{ offset: -1, length: length + 1 }];
      },
    ],
    'with parts of an item that overlap': [
      /two items share/,
      {},
      (file) => {
        const { length } = itemOf(file).data;
        itemOf(file).extents = [
          { offset: 0, length: length - 9 },
          { offset: length - 10, length: 9 },
        ];
      },
    ],
    'with alpha inside its picture': [
      /two items share/,
      ALPHA,
      (file) => {
        const { length } = itemOf(file).data;
        itemOf(file, 1).extents = [{ offset: -length, length: 100 }];
      },
    ],

    'with tiles too few': [/9 tiles in a grid.*got 8/, GRID, (file) => file.references[0]?.to.pop()],
    'with a tile twice': [/used once/, GRID, (file) => file.references[0]?.to.splice(1, 1, 1)],
    'with a grid of another size': [
      /a grid of 150 x 131/,
      GRID,
      (file) => {
        itemOf(file, -1).data = gridData(3, 3, { width: 150, height: 130 });
      },
    ],
    'with a grid that its tiles do not cover': [/tiles that cover/, GRID, setGrid(3, 3, 193, 131)],
    'with tiles outside the grid': [/tiles that cover/, GRID, setGrid(3, 3, 150, 128)],
    'with grid data too long': [
      /8 bytes of data/,
      GRID,
      (file) => {
        itemOf(file, -1).data = Buffer.concat([itemOf(file, -1).data, Buffer.alloc(1)]);
      },
    ],
    'with grid data of another version': [
      /version 0/,
      GRID,
      (file) => {
        itemOf(file, -1).data[0] = 1;
      },
    ],
    'with a turned tile': [/tiles as they are/, GRID, (file) => itemOf(file, 4).properties.push(property.rotation(1))],
    'with tiles of two sizes': [/tiles of 64 x 64/, GRID, replaceItem(3, gray(32, 64))],
    'with tiles of two chroma formats': [/one bit depth and chroma format/, GRID, replaceItem(3, gray(64, 64))],

    'with alpha of another size': [/alpha of 64 x 48/, ALPHA, replaceItem(1, gray(32, 48))],
    'with alpha that is turned otherwise': [
      /turned, mirrored and cut/,
      ALPHA,
      (file) => itemOf(file, 1).properties.push(property.rotation(1)),
    ],
    'with alpha that is mirrored where its picture is turned': [
      /turned, mirrored and cut/,
      ALPHA,
      (file) => {
        itemOf(file).properties.push(property.rotation(1));
        itemOf(file, 1).properties.push(property.mirror(1));
      },
    ],
    'with alpha twice': [
      /one alpha picture/,
      ALPHA,
      (file) => refer(file, 'auxl', addItem(file, 'hvc1', FIRST, itemOf(file, 1).properties), [itemOf(file)]),
    ],
    'with alpha of AV1': [
      /got image\/avif/,
      ALPHA,
      (file) => {
        itemOf(file, 1).type = 'av01';
      },
    ],
    'with alpha of some tiles': [/alpha for all tiles or for none/, {}, () => heicBytes(withAlphaOfTiles(3))],
    'with alpha of a grid and of its tiles': [/alpha of a grid or of its tiles/, {}, () => heicBytes(withAlphaTwice())],
    'that is its own alpha': [
      /used once/,
      {},
      (file) => {
        refer(file, 'auxl', itemOf(file), [itemOf(file)]);
        itemOf(file).properties.push(property.auxiliary(ALPHA_URNS.cicp));
      },
    ],

    'with a derived picture of two': [
      /one picture behind an iden/,
      { derivation: 'iden' },
      (file) => file.references[0]?.to.push(1),
    ],
    'with a derived picture of another size': [
      /an iden item of 9 x 9/,
      { derivation: 'iden' },
      (file) => setProperty(file, 1, property.size({ width: 9, height: 9 })),
    ],
    'with an overlay of another size': [
      /an overlay of 9 x 9/,
      { derivation: 'iovl' },
      (file) => setProperty(file, 1, property.size({ width: 9, height: 9 })),
    ],
    'with an overlay whose data is cut off': [
      /data in an overlay/,
      { derivation: 'iovl' },
      (file) => {
        itemOf(file, 1).data = itemOf(file, 1).data.subarray(0, -1);
      },
    ],
    'with a picture of itself': [/used once/, { derivation: 'iden' }, (file) => file.references[0]?.to.splice(0, 1, 2)],

    'with hvcC of another version': [
      /version 1/,
      {},
      (file) =>
        editConfiguration(file, (data) => {
          data[0] = 2;
          return data;
        }),
    ],
    'with lengths of 3 bytes': [
      /1, 2 or 4 bytes.*got 3/,
      {},
      (file) =>
        editConfiguration(file, (data) => {
          data[21] = 2;
          return data;
        }),
    ],
    'with hvcC that is cut off': [
      /whole parameter sets/,
      {},
      (file) => editConfiguration(file, (data) => data.subarray(0, -1)),
    ],
    'with hvcC that ends in an array': [
      /whole parameter sets/,
      {},
      (file) => editConfiguration(file, (data) => data.subarray(0, 25)),
    ],
    'with hvcC of two bit depths': [
      /one bit depth/,
      {},
      (file) =>
        editConfiguration(file, (data) => {
          data[18] = 0xfa;
          return data;
        }),
    ],
    'with hvcC that goes on': [
      /ends with its parameter sets/,
      {},
      (file) => editConfiguration(file, (data) => Buffer.concat([data, Buffer.alloc(1)])),
    ],
    'with hvcC of another chroma format': [
      /chroma format and bit depth/,
      {},
      (file) =>
        editConfiguration(file, (data) => {
          data[16] = 0xff;
          return data;
        }),
    ],
    'with hvcC of another bit depth': [
      /chroma format and bit depth/,
      {},
      (file) =>
        editConfiguration(file, (data) => {
          data[17] = 0xfa;
          data[18] = 0xfa;
          return data;
        }),
    ],
    'with arrays of other units': [
      /arrays hold the NAL units/,
      {},
      (file) =>
        editConfiguration(file, (data) => {
          data[23] = 33;
          return data;
        }),
    ],
    'without VPS': [/lack others/, { editStream: (stream) => ({ ...stream, vps: SEI }) }, hvcCArray(0, 39)],
    'without SPS': [/lack others/, { editStream: (stream) => ({ ...stream, sps: SEI }) }, hvcCArray(1, 39)],
    'without PPS': [/picture parameters 0/, { editStream: (stream) => ({ ...stream, pps: SEI }) }, hvcCArray(2, 39)],
    'with SPS of another size': [
      /HEVC pictures of 64 x 48.*got 64 x 32/,
      { editStream: withSets({ height: 32 }) },
      () => undefined,
    ],
    'with SPS of other chroma': [/chroma format/, { editStream: withSets({ chroma: '4:4:4' }) }, () => undefined],
    'with SPS of other bits': [/bit depth/, { editStream: withSets({ bitDepth: 10 }) }, () => undefined],
    'of 9 bits': [
      /8 or 10 bits.*got 9/,
      { editStream: withSets({ bitDepth: 9 as 8 }) },
      (file) =>
        editConfiguration(file, (data) => {
          data[17] = 0xf9;
          data[18] = 0xf9;
          return data;
        }),
    ],
    'with SPS of other chroma in the item': [
      /chroma format/,
      {},
      () => heicBytes(withUnits(...setsOf({ chroma: '4:2:2' }), FIRST)),
    ],
    'with SPS that is cut off': [
      /inside their unit/,
      { editStream: (stream) => ({ ...stream, sps: stream.sps.subarray(0, -4) }) },
      () => undefined,
    ],
    'with SPS that goes on': [
      /end with their unit/,
      { editStream: (stream) => ({ ...stream, sps: Buffer.concat([stream.sps, Buffer.from([1])]) }) },
      () => undefined,
    ],
    'with PPS that goes on': [
      /end with their unit/,
      { editStream: (stream) => ({ ...stream, pps: Buffer.concat([stream.pps, Buffer.from([1])]) }) },
      () => undefined,
    ],
    'of 0 pixels': [/shows a pixel/, { editStream: withSets({ width: 0 }) }, () => undefined],

    'without slices': [/slices in every HEVC picture/, {}, () => heicBytes(withUnits(SEI))],
    'without data': [
      /slices in every HEVC picture/,
      {},
      (file) => {
        itemOf(file).extents = [];
      },
    ],
    'with two pictures': [/got a second one/, {}, () => heicBytes(withUnits(FIRST, FIRST))],
    'with a second picture of another type': [
      /slices of two types/,
      {},
      () => heicBytes(withUnits(FIRST, nalUnit(19, sliceOf({ first: true })))),
    ],
    'without its first slice': [
      /from its first slice/,
      {},
      () => heicBytes(withUnits(nalUnit(IDR, sliceOf({ address: 4 })))),
    ],
    'with a slice twice': [
      /at the place of another/,
      {},
      () => heicBytes(withUnits(FIRST, nalUnit(IDR, sliceOf({ address: 4 })), nalUnit(IDR, sliceOf({ address: 4 })))),
    ],
    'with slices of two parameter sets': [
      /the same parameter sets/,
      {},
      () => heicBytes(withUnits(secondPictureSet(), FIRST, nalUnit(IDR, sliceOf({ address: 4, picture: 1 })))),
    ],
    'with slices in another order': [
      /at the place of another/,
      {},
      () => heicBytes(withUnits(FIRST, nalUnit(IDR, sliceOf({ address: 6 })), nalUnit(IDR, sliceOf({ address: 4 })))),
    ],
    'with a slice behind the picture': [
      /one behind it/,
      {},
      () => heicBytes(withUnits(FIRST, nalUnit(IDR, sliceOf({ address: 12 })))),
    ],
    'with inter slices': [
      /intra slices/,
      {},
      () => heicBytes(withUnits(nalUnit(IDR, sliceOf({ first: true, kind: 1 })))),
    ],
    'of a picture that refers to others': [
      /IDR or CRA.*type 1/,
      {},
      () => heicBytes(withUnits(nalUnit(1, sliceOf({ first: true })))),
    ],
    'with a slice without data': [
      /all of their data/,
      {},
      () => heicBytes(withUnits(nalUnit(IDR, sliceOf({ first: true, data: [] })))),
    ],
    'with a slice of zeros': [
      /got zeros in one/,
      {},
      () => heicBytes(withUnits(Buffer.concat([FIRST, Buffer.alloc(3), Buffer.from([1])]))),
    ],
    'with many zeros behind a slice': [
      /got zeros in one/,
      {},
      () => heicBytes(withUnits(Buffer.concat([FIRST, Buffer.alloc(9)]))),
    ],
    'with parameter sets behind a slice': [/before the slices/, {}, () => heicBytes(withUnits(FIRST, ...setsOf({})))],
    'with a layer': [/of one layer/, {}, () => heicBytes(withUnits(FIRST, Buffer.from([IDR << 1, 0x09, 0x80])))],
    'with a NAL unit that begins with a one': [
      /begin with a zero/,
      {},
      () => heicBytes(withUnits(Buffer.from([0x80 | (IDR << 1), 1, 0x80]))),
    ],
    'with a NAL unit of no sub-layer': [
      /temporal sub-layer/,
      {},
      () => heicBytes(withUnits(Buffer.from([IDR << 1, 0, 0x80]))),
    ],
    'with a NAL unit of no byte': [
      /with a header.*got one of 0/,
      {},
      () => heicBytes(withUnits(FIRST, Buffer.alloc(0))),
    ],
    'with a NAL unit beyond the item': [
      /one that goes beyond/,
      {},
      (file) => {
        itemOf(file).data[3] = (itemOf(file).data[3] ?? 0) + 1;
      },
    ],
    'with bytes behind the last NAL unit': [
      /bytes behind the last/,
      {},
      (file) => {
        itemOf(file).data = Buffer.concat([itemOf(file).data, Buffer.alloc(2)]);
      },
    ],
    'with a tile without slices': [
      /slices in every HEVC picture/,
      GRID,
      (file) => {
        itemOf(file, 8).data = lengthPrefixed([SEI]);
      },
    ],
  };
  for (const [name, [expected, image, change]] of Object.entries(rows)) {
    it(name, () => {
      const [width, height] = image.tile ? [150, 131] : [64, 48];
      const got = verdict(changed(pictureOf(width, height, image), change));
      assert.match(got, expected);
      assert.match(got, /^expected .+; got .+/);
    });
  }

  it('with more pixels than the limits', () => {
    const grid = heicBytes(pictureOf(150, 131, GRID));
    assert.match(verdict(grid, { maxSidePixels: 149 }), /at most 149 pixels a side/);
    assert.equal(verdict(grid, { maxHeicCodedPixels: 9 * 64 * 64 }), 'sound');
    assert.match(verdict(grid, { maxHeicCodedPixels: 9 * 64 * 64 - 1 }), /pixels in all tiles, alpha and layers/);
    const overlay = heicBytes(pictureOf(64, 48, { derivation: 'iovl' }));
    assert.equal(verdict(overlay, { maxHeicCodedPixels: 2 * 64 * 48 }), 'sound', 'the layer and the canvas');
    assert.match(verdict(overlay, { maxHeicCodedPixels: 2 * 64 * 48 - 1 }), /pixels in all tiles/);
    const padded = heicBytes(pictureOf(66, 48)); // blocks of 16
    assert.match(verdict(padded, { maxSidePixels: 79 }), /got 80 x 48/);
    assert.match(verdict(padded, { maxHeicCodedPixels: 80 * 48 - 1 }), /pixels in all tiles/);
    assert.equal(verdict(padded, { maxHeicCodedPixels: 80 * 48 }), 'sound');
  });

  it('at every place where it is cut off', () => {
    const whole = heicBytes(pictureOf(100, 70, { ...GRID, ...ALPHA }));
    for (let sizeBytes = 0; sizeBytes < whole.length; sizeBytes++) {
      assert.notEqual(verdict(whole.subarray(0, sizeBytes)), 'sound', `${sizeBytes} bytes`);
    }
  });
});

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import sharp, { type Sharp } from 'sharp';
import { type HeicFile, heicBytes, property } from '../../../../../test/pictures/heic-bytes.ts';
import { addItem, type HeicImage, heicFile, heicImage, refer, SRGB } from '../../../../../test/pictures/heic-image.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { decodeHeic } from './decode-heic.ts';

const [WIDTH, HEIGHT] = [64, 48];

/** RGBA: another color at every pixel, and a transparent corner. */
const RGBA = Buffer.alloc(WIDTH * HEIGHT * 4);
for (let y = 0; y < HEIGHT; y++) {
  for (let x = 0; x < WIDTH; x++) {
    RGBA.set([x * 4, y * 5, (x ^ y) * 3, x + y > 90 ? 100 : 255], (y * WIDTH + x) * 4);
  }
}
const RGB = Buffer.from(RGBA.filter((_, at) => at % 4 !== 3));

const gray = (levels: readonly number[]): Buffer =>
  Buffer.from(
    Array.from({ length: WIDTH * HEIGHT }, (_, at) => levels[Math.floor((at % WIDTH) / 8)] ?? 0).flatMap((one) => [
      one,
      one,
      one,
    ]),
  );

describe('a decoded HEIC', () => {
  const folder = mkdtempSync(join(tmpdir(), 'heic-'));
  after(() => rmSync(folder, { recursive: true }));
  let files = 0;

  const decoded = (image: Partial<HeicImage>): Sharp => {
    const path = join(folder, `${files++}.heic`);
    writeFileSync(path, heicImage({ width: WIDTH, height: HEIGHT, pixels: RGB, chroma: '4:4:4', ...image }));
    return sharp(decodeHeic(path, DEFAULT_LIMITS)).autoOrient().toColorspace('srgb');
  };
  const pixelsOf = async (image: Sharp) => image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });

  /** How far any channel is from its value in the other picture, which must have the same size. */
  async function difference(image: Sharp, other: Sharp): Promise<number> {
    const [one, two] = [await pixelsOf(image), await pixelsOf(other)];
    const shape = ({ info: { width, height, channels } }: typeof one) => ({ width, height, channels });
    assert.deepEqual(shape(one), shape(two));
    return one.data.reduce((most, value, at) => Math.max(most, Math.abs(value - (two.data[at] ?? 0))), 0);
  }

  const source = (pixels: Buffer = RGB): Sharp =>
    sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: pixels.length === RGBA.length ? 4 : 3 } });
  /** sharp has one order of its own operations. */
  const then = async (image: Sharp, next: (image: Sharp) => Sharp): Promise<Sharp> => {
    const { data, info } = await pixelsOf(image);
    const { width, height, channels } = info;
    return next(sharp(data, { raw: { width, height, channels } }));
  };

  const CROP = { left: 8, top: 4, width: 40, height: 30 };
  const TILE = { width: 32, height: 32 };
  const shown: readonly (readonly [string, Partial<HeicImage>, (image: Sharp) => Sharp | Promise<Sharp>])[] = [
    ['as it is', {}, (image) => image],
    ['of 10 bits', { bitDepth: 10 }, (image) => image],
    ['of limited range, by BT.709', { nclx: { ...SRGB, matrix: 1, isFullRange: false } }, (image) => image],
    ['a grid whose last tiles reach beyond it', { tile: TILE }, (image) => image],
    ['turned once', { quarterTurns: 1 }, (image) => image.rotate(270)],
    ['turned twice', { quarterTurns: 2 }, (image) => image.rotate(180)],
    [
      'turned three times, with an EXIF orientation',
      { quarterTurns: 3, exifOrientation: 3 },
      (image) => image.rotate(90),
    ],
    ['upside down', { mirrorAxis: 0 }, (image) => image.flip()],
    ['mirrored', { mirrorAxis: 1 }, (image) => image.flop()],
    [
      'turned and mirrored',
      { quarterTurns: 1, mirrorAxis: 1 },
      async (image) => then(image.rotate(270), (one) => one.flop()),
    ],
    ['cropped', { crop: CROP }, (image) => image.extract(CROP)],
    [
      'a grid, cropped, turned and mirrored',
      { tile: TILE, crop: CROP, quarterTurns: 3, mirrorAxis: 0 },
      async (image) => then(await then(image.extract(CROP), (one) => one.rotate(90)), (one) => one.flip()),
    ],
    ['an identical picture, turned', { derivation: 'iden', quarterTurns: 1 }, (image) => image.rotate(270)],
    ['an overlay of one picture', { derivation: 'iovl' }, (image) => image],
    ['with a thumbnail', { thumbnail: { width: 16, height: 16 } }, (image) => image],
  ];
  for (const [what, image, change] of shown) {
    for (const pixels of [RGB, RGBA]) {
      it(`${what}${pixels === RGBA ? ', with alpha' : ''}`, async () => {
        const most = await difference(decoded({ ...image, pixels }), await change(source(pixels)));
        assert.ok(most <= 3, `differs by ${most}`);
      });
    }
  }

  for (const chroma of ['4:2:0', '4:2:2', '4:0:0'] as const) {
    it(`of ${chroma}`, async () => {
      const levels = gray([0, 30, 60, 100, 140, 180, 220, 255]);
      assert.ok((await difference(decoded({ chroma, pixels: levels }), source(levels))) <= 2);
    });
  }

  const ofFile = (file: HeicFile): Sharp => {
    const path = join(folder, `${files++}.heic`);
    writeFileSync(path, heicBytes(file));
    return sharp(decodeHeic(path, DEFAULT_LIMITS)).autoOrient();
  };
  const size = { width: WIDTH, height: HEIGHT };

  for (const derivation of ['iden', 'iovl'] as const)
    it(`an ${derivation} item of a picture that is turned itself, turned again`, async () => {
      const file = heicFile({ ...size, pixels: RGB, chroma: '4:4:4', derivation, mirrorAxis: 0 });
      file.items[0]?.properties.push(property.rotation(2));
      const turned = await then(source().rotate(180), (image) => image.flip());
      assert.ok((await difference(ofFile(file), turned)) <= 3);
    });

  it('a grid whose alpha is one picture', async () => {
    const file = heicFile({ ...size, pixels: RGB, chroma: '4:4:4', tile: TILE });
    const grid = file.items.find(({ id }) => id === file.primary);
    const [, alpha] = heicFile({ ...size, pixels: RGBA, chroma: '4:4:4' }).items;
    assert.ok(grid && alpha);
    refer(file, 'auxl', addItem(file, alpha.type, alpha.data, alpha.properties), [grid]);
    assert.ok((await difference(ofFile(file), source(RGBA))) <= 3);
  });

  it('among a hundred and fifty other properties, as in a burst', async () => {
    const file = heicFile({ ...size, pixels: RGB, chroma: '4:4:4' });
    for (let at = 0; at < 150; at++) {
      addItem(file, 'mime', Buffer.alloc(1), [property.size({ width: 100 + at, height: 1 })]);
    }
    assert.ok((await difference(ofFile(file), source())) <= 3);
  });

  it('has the colors of its profile', async () => {
    const { icc } = await sharp(await source().withIccProfile('p3').png().toBuffer()).metadata();
    assert.ok(icc);
    const byProfile = decoded({ icc });
    assert.ok((await difference(byProfile.clone(), source())) > 20);
    const byNumbers = decoded({ nclx: { ...SRGB, primaries: 12 } });
    const most = await difference(byProfile, byNumbers);
    assert.ok(most <= 5, `Display P3 by numbers differs by ${most}`);
  });

  for (const [name, transfer] of [
    ['PQ', 16],
    ['HLG', 18],
  ] as const) {
    for (const bitDepth of [8, 10] as const)
      it(`of ${bitDepth}-bit ${name} is mapped to what a screen can show`, async () => {
        const nclx = { primaries: 9, transfer, matrix: 9, isFullRange: true } as const;
        const levels = [0, 36, 73, 109, 148, 191, 219, 255];
        const { data } = await pixelsOf(decoded({ bitDepth, nclx, pixels: gray(levels) }));
        const shown = levels.map((_, step) => [...data.subarray(step * 24 + 12, step * 24 + 15)]);
        for (const [red, green, blue] of shown) {
          assert.ok(
            Math.abs((red ?? 0) - (green ?? 0)) <= 2 && Math.abs((blue ?? 0) - (green ?? 0)) <= 2,
            `${red} ${green} ${blue}`,
          );
        }
        const greens = shown.map(([, green = 0]) => green);
        assert.deepEqual(
          greens,
          greens.toSorted((one, other) => one - other),
          'brighter stays brighter',
        );
        assert.equal(greens[0], 0);
        assert.ok((greens.at(-1) ?? 0) >= 250, 'the brightest is white');
        // White paper is 58 % of PQ and 75 % of HLG (BT.2408): bright, with room above.
        const paper = greens[name === 'PQ' ? 4 : 5] ?? 0;
        assert.ok(paper > 175 && paper < 215, `white paper became ${paper}`);
      });
  }
});

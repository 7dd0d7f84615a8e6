import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import sharp from 'sharp';
import { fullSizeRecipe } from '../../src/domain/rendition/full-size-jpeg.ts';
import { temporaryFolder } from '../faults/file-systems.ts';
import { sharedImaging } from '../services/shared-imaging.ts';

after(() => sharedImaging[Symbol.asyncDispose]());

const plain = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#c08552' }, limitInputPixels: false });

/** EXIF with orientation 6 alone: ITU T.81 B.2.4.6, TIFF 6.0. */
const EXIF = Buffer.from(
  'ffe10022' + '457869660000' + '49492a0008000000' + '0100' + '120103000100000006000000' + '00000000',
  'hex',
);

const turnedJpeg = (jpeg: Buffer): Buffer => Buffer.concat([jpeg.subarray(0, 2), EXIF, jpeg.subarray(2)]);

describe('a JPEG in full size, by a decoder with its limits', () => {
  for (const [what, size, make] of [
    [
      'a JPEG of 201 MP that its orientation turns',
      { width: 16_384, height: 12_288 },
      async () => turnedJpeg(await plain(16_384, 12_288).jpeg({ optimiseCoding: false }).toBuffer()),
    ],
    [
      'a progressive CMYK JPEG of 52 MP that its orientation turns',
      { width: 8_192, height: 6_400 },
      async () => turnedJpeg(await plain(8_192, 6_400).toColorspace('cmyk').jpeg({ progressive: true }).toBuffer()),
    ],
  ] as const)
    it(`is made of ${what}`, async () => {
      await using folder = await temporaryFolder();
      const [source, path] = [join(folder.path, 'source'), join(folder.path, 'result')];
      await writeFile(source, await make());
      const recipe = fullSizeRecipe({ width: size.height, height: size.width });
      const [made] = await sharedImaging.render({ path: source, contentType: 'image/jpeg' }, [{ recipe, path }], {
        urgency: 'request',
      });
      assert(made?.outcome === 'made');
      assert.deepEqual([made.contentType, made.width, made.height], ['image/jpeg', size.height, size.width]);
      const { width, height, orientation } = await sharp(made.bytes ?? path, { limitInputPixels: false }).metadata();
      assert.deepEqual([width, height, orientation], [size.height, size.width, undefined]);
    });
});

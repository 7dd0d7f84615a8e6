import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtempDisposable, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import sharp, { type Sharp } from 'sharp';
import { skipWithout } from '../../../../../test/servers/installed.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { decodeHeic } from './decode-heic.ts';

const PICTURES = process.env['PICTURES_DIR'];
const SKIP = PICTURES ? skipWithout('heif-convert') : 'set PICTURES_DIR to a folder of real HEIC files to run it';

/** Debian's libheif 1.15 refuses them. */
const UNREAD = ['bird_burst.heic', 'candle_animation.heic', 'yuv420_image_with_yuv400_gainmap.heic'];

/** The mean difference of all channels, of 255; Debian's libheif scales chroma up by another filter. */
const MOST_DIFFERENT = 1.5;

const pixelsOf = (image: Sharp) =>
  image.toColorspace('srgb').ensureAlpha().raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });

describe('real HEICs', { skip: SKIP }, () => {
  for (const name of PICTURES ? readdirSync(join(PICTURES, 'heic')) : [])
    it(`${name} has the size, the turn and the colors that heif-convert shows`, {
      skip: UNREAD.includes(name),
    }, async () => {
      await using folder = await mkdtempDisposable(join(tmpdir(), 'heic-'));
      const path = join(PICTURES ?? '', 'heic', name);
      await promisify(execFile)('heif-convert', [path, join(folder.path, 'shown.png')]);
      const ours = await pixelsOf(sharp(decodeHeic(path, DEFAULT_LIMITS)).autoOrient());
      const differences: number[] = [];
      // It writes all images of a collection.
      for (const file of await readdir(folder.path)) {
        const theirs = await pixelsOf(sharp(join(folder.path, file)));
        if (theirs.info.width !== ours.info.width || theirs.info.height !== ours.info.height) continue;
        const total = ours.data.reduce((sum, value, at) => sum + Math.abs(value - (theirs.data[at] ?? 0)), 0);
        differences.push(total / ours.data.length);
      }
      assert.ok(Math.min(...differences) <= MOST_DIFFERENT, `differs by ${differences}`);
    });
});

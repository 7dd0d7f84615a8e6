import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import sharp from 'sharp';
import type { CorpusFile } from './corpus.ts';
import type { Bitmap } from './delta-e.ts';

const execute = promisify(execFile);

const CONVERT = '/usr/bin/convert';
const VIPS = '/usr/bin/vips';
const EXIFTOOL = '/usr/bin/exiftool';

const missing = [CONVERT, VIPS, EXIFTOOL].filter((program) => !existsSync(program));

/** The reason to skip, or false; in CI a machine without the programs fails. */
export const NO_REFERENCE =
  missing.length === 0 || process.env['CI']
    ? false
    : `what others make of the corpus is unknown without ${missing.join(', ')}: apt-get install imagemagick libvips-tools libimage-exiftool-perl`;

export interface Reference {
  readonly width: number;
  readonly height: number;
  readonly folder: string;
}

/**
 * ImageMagick's rendering of the file at this size: its first frame, as displayed, in sRGB by its own profile. For CMYK
 * without a profile, which ImageMagick converts by arithmetic, the rendering of the system's libvips.
 */
export async function referencePicture(file: CorpusFile, { width, height, folder }: Reference): Promise<Bitmap> {
  const path = `${folder}/${file.file.replaceAll('/', '-')}-reference.png`;
  if (file.file.startsWith('cmyk/')) {
    await execute(VIPS, ['thumbnail', file.path, path, `${width}`, '--height', `${height}`, '--size', 'force']);
  } else {
    const profile = `${path}.icc`;
    await writeFile(profile, await srgbProfile());
    const toSrgb = ['-auto-orient', '-profile', profile, '-strip'];
    const toSize = ['-filter', 'Lanczos', '-resize', `${width}x${height}!`, '-depth', '8'];
    await execute(CONVERT, [`${file.path}[0]`, ...toSrgb, ...toSize, `PNG32:${path}`]);
  }
  return bitmapOf(path);
}

/** libvips' built-in profile, in a file for ImageMagick. */
async function srgbProfile(): Promise<Buffer> {
  const pixel = { width: 1, height: 1, channels: 3, background: 'gray' } as const;
  const { icc } = await sharp(await sharp({ create: pixel }).withIccProfile('srgb').png().toBuffer()).metadata();
  if (!icc) throw new Error('expected a profile in the picture; there is none');
  return icc;
}

/** One frame of an animation, the first by default. */
export async function bitmapOf(encoded: string | Uint8Array, page = 0): Promise<Bitmap> {
  const image = sharp(encoded, { page }).toColorspace('srgb').ensureAlpha();
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

/** A file's metadata: `IFD0:Make`, with exiftool's groups. */
export interface Tags {
  readonly path: string;
  readonly names: readonly string[];
}

/** The tags of every file in the folder, or of one file. */
export async function readTags(path: string): Promise<Tags[]> {
  const { stdout } = await execute(EXIFTOOL, ['-json', '-G1', '-a', '-u', path], { maxBuffer: 256 * 1_048_576 });
  const all = JSON.parse(stdout) as ({ readonly SourceFile: string } & { readonly [name: string]: unknown })[];
  return all.map(({ SourceFile, ...tags }) => ({ path: SourceFile, names: Object.keys(tags) }));
}

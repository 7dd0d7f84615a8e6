import { execFile } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp, { type Sharp } from 'sharp';
import { DECODER_ENVIRONMENT, DECODER_OPTIONS } from '../packages/server/src/imaging/processes/spawn-decoder.ts';
import { machine } from './machine.ts';
import { temporaryFolder } from './temporary-folder.ts';

/**
 * The cost of the heaviest accepted pictures and transforms: CPU time and peak memory, each in its own process. Run by
 * hand, because it takes minutes: `node bench/picture-cost.ts [part of a source's name [job]]`. Makes the tables of
 * docs/verification.md.
 */
interface Source {
  readonly name: string;
  readonly type: string;
  readonly write: (path: string) => Promise<unknown>;
  /**
   * In addition to its inspection; `copy` is an inspection that makes the working copy too, `full-size` the JPEG of its
   * size.
   */
  readonly queries: readonly string[];
}

const run = promisify(execFile);

/** Noise, of which `mask` keeps some bits of each channel, because a file has a limit (MAX_UPLOAD_BYTES). */
function noise(
  width: number,
  height: number,
  { channels = 3, mask = 0xff }: { channels?: 3 | 4; mask?: number },
): Sharp {
  const data = randomFillSync(Buffer.alloc(width * height * channels));
  if (mask !== 0xff) for (let at = 0; at < data.length; at++) data[at] = (data[at] ?? 0) & mask;
  return sharp(data, { raw: { width, height, channels }, limitInputPixels: false });
}

/** Frames of noise whose alpha is 0 or 255. */
function noisyFrames(side: number, frames: number): Sharp {
  const data = randomFillSync(Buffer.alloc(side * side * frames * 4));
  for (let at = 3; at < data.length; at += 4) data[at] = (data[at] ?? 0) & 1 ? 255 : 0;
  const raw = { width: side, height: side * frames, channels: 4, pageHeight: side } as const;
  return sharp(data, { raw, limitInputPixels: false });
}

const LARGEST = ['', '&q=100', '&blur=100'].map((rest) => `w=4096&h=4096&format=webp${rest}`);
const SHARPENED = 'w=2048&h=2048&format=webp&sharpen=10&q=100';
const FINEST = 'w=4096&h=4096&format=webp&q=100';
const AVIF = [
  'w=2896&h=2896&format=avif',
  'w=2048&h=2048&format=avif&q=100',
  'w=2048&h=2048&format=avif&q=100&sharpen=10',
];
/** The largest results that are retouched, and that are sharpened too. */
const RETOUCHED = [
  'w=2048&h=2048&format=webp&q=100&pixelate=2&contrast=100&saturation=100&radius=circle',
  'w=1448&h=1448&format=webp&q=100&sharpen=10&contrast=100&saturation=100&radius=circle',
];
const SHAPES = ['w=4096&h=4096&format=png', 'w=4096&h=4096&format=jpeg&q=100', 'w=2048&h=4096&fit=pad&format=png'];
const SOUGHT = ['attention', 'entropy'].map((find) => `w=4096&h=3000&fit=cover&format=png&position=${find}&rotate=90`);
/** In the original's size. */
const FULL_SIZE = 'full-size';
const ALL = [FULL_SIZE, ...LARGEST, SHARPENED, ...AVIF, ...SHAPES, ...SOUGHT, 'w=1024&h=1024&dpr=4&format=webp'];

const SOURCES: readonly Source[] = [
  {
    name: 'JPEG of 52 MP, noise',
    type: 'image/jpeg',
    write: (path) => noise(8_192, 6_400, {}).jpeg({ quality: 75 }).toFile(path),
    queries: ALL,
  },
  {
    name: 'JPEG of 52 MP, progressive CMYK',
    type: 'image/jpeg',
    write: (path) =>
      noise(8_192, 6_400, { mask: 0xe0 }).toColorspace('cmyk').jpeg({ quality: 30, progressive: true }).toFile(path),
    queries: [FULL_SIZE, 'w=4096&h=4096&format=webp', 'w=2896&h=2896&format=avif&blur=100'],
  },
  {
    name: 'JPEG of 201 MP, noise',
    type: 'image/jpeg',
    write: (path) => noise(16_384, 12_288, {}).jpeg({ quality: 75 }).toFile(path),
    queries: ['copy', ...ALL],
  },
  {
    name: 'JPEG of 201 MP, turned by its orientation',
    type: 'image/jpeg',
    write: (path) => noise(16_384, 12_288, {}).withMetadata({ orientation: 6 }).jpeg({ quality: 75 }).toFile(path),
    queries: ['copy', FULL_SIZE, ...SOUGHT, 'crop=4000,8000,4096,4096&format=webp&q=100'],
  },
  {
    name: 'JPEG of 201 MP, CMYK with a profile',
    type: 'image/jpeg',
    write: (path) =>
      noise(16_384, 12_288, { mask: 0xc0 })
        .blur(1.2)
        .toColorspace('cmyk')
        .withIccProfile('cmyk')
        .jpeg({ quality: 36 })
        .toFile(path),
    queries: ['copy', FULL_SIZE, ...SOUGHT, 'w=4096&h=4096&format=webp'],
  },
  {
    name: 'JPEG of 16,384 x 4,096, noise',
    type: 'image/jpeg',
    write: (path) => noise(16_384, 4_096, {}).jpeg({ quality: 75, chromaSubsampling: '4:4:4' }).toFile(path),
    queries: ['attention', 'entropy'].map((find) => `w=4096&h=4096&fit=cover&format=png&position=${find}&rotate=90`),
  },
  {
    name: 'JPEG of 145 MP, progressive 4:2:0',
    type: 'image/jpeg',
    write: (path) => noise(16_384, 8_848, { mask: 0xe0 }).jpeg({ quality: 50, progressive: true }).toFile(path),
    queries: ['copy', FULL_SIZE, 'w=4096&h=4096&format=webp'],
  },
  {
    name: 'PNG of 4096 x 4096, noise with alpha',
    type: 'image/png',
    write: (path) => noise(4_096, 4_096, { channels: 4, mask: 0xf0 }).png({ compressionLevel: 6 }).toFile(path),
    queries: ['copy', ...ALL],
  },
  {
    name: 'PNG of 52 MP, noise with alpha',
    type: 'image/png',
    write: (path) => noise(8_192, 6_400, { channels: 4, mask: 0x80 }).png({ compressionLevel: 6 }).toFile(path),
    queries: ['copy', FULL_SIZE, ...SOUGHT, 'w=4096&h=4096&format=webp'],
  },
  {
    name: 'PNG of 52 MP, interlaced, noise with alpha',
    type: 'image/png',
    write: (path) =>
      noise(8_192, 6_400, { channels: 4, mask: 0x80 }).png({ compressionLevel: 6, progressive: true }).toFile(path),
    queries: ['copy', FULL_SIZE],
  },
  {
    name: 'WebP of 52 MP, noise with alpha',
    type: 'image/webp',
    write: (path) => noise(8_192, 6_400, { channels: 4, mask: 0xc0 }).webp({ quality: 40, effort: 0 }).toFile(path),
    queries: ['copy', FULL_SIZE],
  },
  {
    name: 'WebP of 52 MP, lossless, noise with alpha',
    type: 'image/webp',
    write: (path) => noise(8_192, 6_400, { channels: 4, mask: 0x80 }).webp({ lossless: true, effort: 0 }).toFile(path),
    queries: ['copy'],
  },
  {
    name: 'WebP of 16.8 MP, noise with alpha',
    type: 'image/webp',
    write: (path) => noise(4_096, 4_096, { channels: 4, mask: 0xf0 }).webp({ quality: 70, effort: 0 }).toFile(path),
    queries: ['copy', 'w=4096&h=4096&format=webp'],
  },
  {
    name: 'WebP animation of 12 x 8.4 MP, noise with alpha',
    type: 'image/webp',
    write: (path) => noisyFrames(2_896, 12).webp({ quality: 10, effort: 0 }).toFile(path),
    queries: [
      'format=webp',
      'w=1750&format=webp',
      'w=1600&format=webp&rotate=90',
      'page=11&format=avif',
      'w=256&format=webp',
    ],
  },
  {
    name: 'WebP animation of 4 x 8.4 MP, noise with alpha',
    type: 'image/webp',
    write: (path) => noisyFrames(2_896, 4).webp({ quality: 10, effort: 0 }).toFile(path),
    queries: [
      'format=webp',
      'format=webp&q=100',
      'w=1600&format=webp&sharpen=10',
      'w=1600&format=webp&q=100&contrast=100&saturation=100&radius=circle',
      'format=webp&blur=100',
    ],
  },
  {
    name: 'WebP animation of 5,000 x 0.02 MP',
    type: 'image/webp',
    write: (path) => noisyFrames(144, 5_000).webp({ quality: 10, effort: 0 }).toFile(path),
    queries: ['w=80&format=webp', 'w=45&format=webp', 'w=45&format=webp&sharpen=10', 'page=4999&format=png'],
  },
  {
    name: 'AVIF of 16.8 MP, noise with alpha, 4:4:4',
    type: 'image/avif',
    write: (path) => noise(4_096, 4_096, { channels: 4, mask: 0xf0 }).avif({ quality: 50, effort: 0 }).toFile(path),
    queries: [
      'copy',
      FULL_SIZE,
      'w=4096&h=4096&format=webp',
      FINEST,
      SHARPENED,
      'w=2896&h=2896&format=avif',
      'w=4096&h=4096&format=png',
    ],
  },
  {
    name: 'AVIF of 16.8 MP, noise with alpha, 10 bits',
    type: 'image/avif',
    write: (path) =>
      noise(4_096, 4_096, { channels: 4, mask: 0xf0 }).avif({ quality: 40, effort: 0, bitdepth: 10 }).toFile(path),
    queries: [
      'copy',
      FULL_SIZE,
      SHARPENED,
      ...RETOUCHED,
      FINEST,
      'w=4096&h=4096&format=webp',
      'w=2896&h=2896&format=avif',
    ],
  },
];

sharp.concurrency(1);
console.log(
  `${machine(new Date())}\n\n| picture | job | CPU, s | peak, MB | outcome |\n| --- | --- | ---: | ---: | --- |`,
);
const [wanted = '', job] = process.argv.slice(2);
await using folder = await temporaryFolder();
const isWanted = ({ name, queries }: Source) => name.includes(wanted) && (job === undefined || queries.includes(job));
for (const { name, type, write, queries } of SOURCES.filter(isWanted)) {
  const path = join(folder.path, 'source');
  await write(path);
  const megabytes = ((await stat(path)).size / 1_048_576).toFixed(1);
  for (const query of [undefined, ...(job === undefined ? queries : [job])]) {
    const script = join(import.meta.dirname, 'picture-cost-job.ts');
    const given = query === undefined ? [] : [query, folder.path];
    const { stdout } = await run(process.execPath, [...DECODER_OPTIONS, script, path, type, ...given], {
      env: DECODER_ENVIRONMENT,
    });
    const { outcome, cpuMs, peakMb } = JSON.parse(stdout) as { outcome: string; cpuMs: number; peakMb: number };
    const what = query === undefined ? 'inspection' : query === 'copy' ? 'inspection with a copy' : `\`${query}\``;
    console.log(
      `| ${name}, ${megabytes} MB | ${what} | ${(cpuMs / 1000).toFixed(1)} | ${Math.round(peakMb)} | ${outcome} |`,
    );
    await rm(join(folder.path, 'result'), { force: true });
  }
}

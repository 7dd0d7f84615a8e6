import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { ssim } from 'ssim.js';
import { type CopiedOriginal, copiedOriginal } from './copied-renditions.ts';
import { type CopyPicture, copyPictures } from './copy-pictures.ts';
import { machine } from './machine.ts';
import { median } from './rounds.ts';
import { temporaryFolder } from './temporary-folder.ts';

/**
 * How much renditions from a working copy differ from those of the original. Run by hand, because it takes ten minutes
 * and needs butteraugli_main (Debian: libjxl-devtools): `CORPUS_DIR=... node --conditions=safelight-source
 * bench/copy-quality.ts [part of a kind]`. Makes a table of findings.md.
 */
interface Difference {
  readonly kind: string;
  readonly what: string;
  readonly isLossless: boolean;
  readonly ssim: number;
  /** The similarity of either way to the careful one. */
  readonly directFromCareful: number;
  readonly copiedFromCareful: number;
  /** Only of lossless ones. */
  readonly butteraugli: Butteraugli | undefined;
}

interface Butteraugli {
  readonly max: number;
  readonly norm: number;
  /** Beside the careful way, of few. */
  readonly directMax?: number;
  readonly copiedMax?: number;
}

const SIZES = [1_024, 820, 682, 512, 400, 256].map((side) => `w=${side}&h=${side}`);
const LOSSLESS = [
  ...SIZES,
  'w=682&h=682&sharpen=1',
  'w=400&h=400&sharpen=1',
  'w=400&h=400&sharpen=5',
  'w=1024&h=1024&blur=1',
  'w=512&h=512&blur=5',
  'w=400&h=400&fit=cover',
  'w=300&h=500&fit=cover&position=0.2,0.1',
  'w=512&h=512&fit=pad&background=2a6f97',
  'w=512&h=512&rotate=90',
  'w=512&h=512&flip=h',
  ...['201,107,1500,1300', '633,401,1800,1011', '16,16,1100,1000'].flatMap((crop) => [
    `crop=${crop}&w=400&h=400`,
    `crop=${crop}&w=256&h=256`,
  ]),
].map((query) => `${query}&format=png`);
const LOSSY = ['jpeg', 'webp', 'avif'].flatMap((format) =>
  ['w=1024&h=1024', 'w=682&h=682&sharpen=1', 'w=400&h=400', 'w=256&h=256'].map((query) => `${query}&format=${format}`),
);

/** By butteraugli: crops and turns of the same sizes differ no more. */
const JUDGED = /^w=\d+&h=\d+(&sharpen=\d)?&format=png$/;
const BESIDE_CAREFUL = ['w=1024&h=1024&format=png', 'w=512&h=512&format=png', 'w=256&h=256&format=png'];

const run = promisify(execFile);

/** In sRGB. */
async function pixelsOf(bytes: Buffer, background: string) {
  const image = sharp(bytes).flatten({ background }).toColorspace('srgb').ensureAlpha().raw();
  const { data, info } = await image.toBuffer({ resolveWithObject: true });
  return { data: new Uint8ClampedArray(data), width: info.width, height: info.height };
}

/**
 * The SSIM of the pixels as they are: the default would scale both pictures down first. Transparent ones are compared
 * over white and over black.
 */
async function ssimOf(one: Buffer, other: Buffer): Promise<number> {
  const { hasAlpha } = await sharp(one).metadata();
  const each = await Promise.all(
    (hasAlpha ? ['#ffffff', '#000000'] : ['#ffffff']).map(async (background) => {
      const [first, second] = [await pixelsOf(one, background), await pixelsOf(other, background)];
      return ssim(first, second, { downsample: false }).mssim;
    }),
  );
  return Math.min(...each);
}

async function butteraugliOf(folder: string, one: Buffer, other: Buffer): Promise<{ max: number; norm: number }> {
  const paths = [join(folder, 'one.png'), join(folder, 'other.png')] as const;
  for (const [index, bytes] of [one, other].entries())
    await writeFile(paths[index] ?? '', await sharp(bytes).flatten({ background: '#ffffff' }).png().toBuffer());
  const { stdout } = await run('butteraugli_main', paths);
  const [max, norm] = [/^([\d.]+)$/m, /^3-norm: ([\d.]+)$/m].map((form) => Number(form.exec(stdout)?.[1]));
  if (!Number.isFinite(max) || !Number.isFinite(norm)) throw new Error(`expected two distances; got ${stdout}`);
  return { max: max ?? Number.NaN, norm: norm ?? Number.NaN };
}

async function difference(
  folder: string,
  { kind, name }: CopyPicture,
  { original, query }: { readonly original: CopiedOriginal; readonly query: string },
): Promise<Difference | undefined> {
  const ways = await original.ways(query);
  if (!ways) return undefined;
  const { direct, copied, careful } = ways;
  const isLossless = query.endsWith('png');
  const apart = JUDGED.test(query) ? await butteraugliOf(folder, direct, copied) : undefined;
  return {
    kind,
    what: `${name} ${query}`,
    isLossless,
    ssim: await ssimOf(direct, copied),
    directFromCareful: await ssimOf(careful, direct),
    copiedFromCareful: await ssimOf(careful, copied),
    butteraugli: apart && {
      ...apart,
      ...(BESIDE_CAREFUL.includes(query) && {
        directMax: (await butteraugliOf(folder, careful, direct)).max,
        copiedMax: (await butteraugliOf(folder, careful, copied)).max,
      }),
    },
  };
}

const COLUMNS = [
  'originals',
  'renditions',
  'SSIM, lossless: lowest, median',
  'SSIM, JPEG, WebP, AVIF: lowest, median',
  'butteraugli: highest, median; 3-norm: highest',
  'SSIM beside the careful way, lowest: direct, from a copy',
  'butteraugli beside the careful way, highest: direct, from a copy',
];

const fixed = (value: number, digits: number): string => value.toFixed(digits);
const ends = (values: readonly number[], least: (...all: number[]) => number, digits: number): string =>
  values.length === 0 ? '' : `${fixed(least(...values), digits)}, ${fixed(median(values), digits)}`;

function row(kind: string, all: readonly Difference[]): string {
  const lossless = all.filter(({ isLossless }) => isLossless);
  const lossy = all.filter(({ isLossless }) => !isLossless);
  const distances = lossless.flatMap(({ butteraugli }) => butteraugli ?? []);
  return [
    kind,
    `${all.length}`,
    ends(
      lossless.map((one) => one.ssim),
      Math.min,
      4,
    ),
    ends(
      lossy.map((one) => one.ssim),
      Math.min,
      4,
    ),
    `${ends(
      distances.map(({ max }) => max),
      Math.max,
      2,
    )}; ${fixed(Math.max(...distances.map(({ norm }) => norm)), 2)}`,
    [
      Math.min(...lossless.map((one) => one.directFromCareful)),
      Math.min(...lossless.map((one) => one.copiedFromCareful)),
    ]
      .map((value) => fixed(value, 4))
      .join(', '),
    [Math.max(...distances.map((one) => one.directMax ?? 0)), Math.max(...distances.map((one) => one.copiedMax ?? 0))]
      .map((value) => fixed(value, 2))
      .join(', '),
  ].join(' | ');
}

const [wanted = ''] = process.argv.slice(2);
sharp.concurrency(1);
sharp.cache(false); // files of the same names follow each other
await using folder = await temporaryFolder();
let ofTheOriginal = 0;
const worst: string[] = [];
console.log(`${machine(new Date())}\n\n| ${COLUMNS.join(' | ')} |\n|${' --- |'.repeat(COLUMNS.length)}`);
for (const [kind, pictures] of Map.groupBy(copyPictures(), (one) => one.kind)) {
  if (!kind.includes(wanted)) continue;
  const differences: Difference[] = [];
  for (const picture of pictures) {
    const original = await copiedOriginal(folder.path, await picture.bytes(), picture.type);
    for (const query of [...LOSSLESS, ...LOSSY]) {
      const one = await difference(folder.path, picture, { original, query });
      if (one) differences.push(one);
      else ofTheOriginal += 1;
    }
  }
  console.log(`| ${row(kind, differences)} |`);
  worst.push(...worstOf(kind, differences));
}
console.log(`\n${ofTheOriginal} renditions are made from the original. The worst:\n\n${worst.join('\n')}`);

function worstOf(kind: string, all: readonly Difference[]): readonly string[] {
  const least = all.toSorted((one, other) => one.ssim - other.ssim)[0];
  const farthest = all.toSorted((one, other) => (other.butteraugli?.max ?? 0) - (one.butteraugli?.max ?? 0))[0];
  return [
    `- ${kind}: SSIM ${least?.ssim.toFixed(4)} (${least?.what})`,
    `- ${kind}: butteraugli ${farthest?.butteraugli?.max.toFixed(2)} (${farthest?.what})`,
  ];
}

import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { IMAGE_FORMATS, type MediaType } from '../packages/server/src/domain/image/media-type.ts';
import { copyRecipe, copySize } from '../packages/server/src/domain/rendition/copy-recipes.ts';
import { inside } from '../packages/server/src/domain/rendition/plan-rendition.ts';
import type { Recipe } from '../packages/server/src/domain/rendition/recipe.ts';
import type { RenderSource } from '../packages/server/src/imaging/imaging.ts';
import { inspect } from '../packages/server/src/imaging/inspect/inspect.ts';
import { DEFAULT_LIMITS } from '../packages/server/src/imaging/limits.ts';
import { restrictDecoder } from '../packages/server/src/imaging/open-picture.ts';
import { render } from '../packages/server/src/imaging/render/render.ts';
import { machine } from './machine.ts';
import { nameOf, type Original, originals } from './originals.ts';
import { median } from './rounds.ts';
import { temporaryFolder } from './temporary-folder.ts';

/**
 * The measurement behind the thresholds `copiedFrom` (domain/image/media-type.ts): CPU milliseconds of an inspection,
 * of the working copy, and of a rendition of 400 pixels from either. Run by hand: `node --conditions=safelight-source
 * bench/copy-cost.ts [part of a name]`. Makes a table of findings.md.
 */
const RESULT = 400;
const ROUNDS = 9;
const CASES: readonly Original[] = [
  { type: 'image/jpeg', width: 2_830, height: 2_120 },
  { type: 'image/jpeg', width: 4_000, height: 3_000 },
  { type: 'image/jpeg', width: 4_608, height: 3_456 },
  { type: 'image/jpeg', width: 5_164, height: 3_873 },
  { type: 'image/jpeg', width: 6_000, height: 4_000 },
  { type: 'image/jpeg', width: 8_000, height: 6_000 },
  { type: 'image/png', width: 2_310, height: 1_732 },
  { type: 'image/png', width: 4_000, height: 3_000 },
  { type: 'image/png', width: 4_000, height: 3_000, isTransparent: true },
  { type: 'image/webp', width: 2_310, height: 1_732 },
  { type: 'image/webp', width: 4_000, height: 3_000 },
  { type: 'image/webp', width: 6_000, height: 4_000 },
  { type: 'image/avif', width: 2_100, height: 1_200 },
  { type: 'image/avif', width: 4_000, height: 3_000 },
];

const COLUMNS = [
  'original',
  'verified',
  'with its copy',
  'the copy alone',
  'as WebP: direct, from the copy',
  'as JPEG: direct, from the copy',
  'bytes: original, copy',
];

const [wanted = ''] = process.argv.slice(2);
await using folder = await temporaryFolder();
const files: { readonly one: Original; readonly name: string; readonly path: string }[] = [];
for (const one of CASES) {
  const name = nameOf(one);
  if (!name.includes(wanted)) continue;
  const [picture] = await originals(one);
  const path = join(folder.path, `${files.length}`);
  await writeFile(path, picture ?? '');
  files.push({ one, name, path });
}

restrictDecoder(); // from here on only files are read
console.log(`${machine(new Date())}\n\n| ${COLUMNS.join(' | ')} |\n|${' --- |'.repeat(COLUMNS.length)}`);
for (const { one, name, path } of files) console.log(`| ${name} | ${(await costs(one, path)).join(' | ')} |`);

async function costs({ type, width, height }: Original, path: string): Promise<readonly string[]> {
  const [copyPath, resultPath] = [join(folder.path, 'copy'), join(folder.path, 'result')];
  const original = { path, contentType: type };
  const copyOf = recipeOfCopy({ type, width, height });
  const made = await rendered(original, copyOf, copyPath);
  const copy = { path: copyPath, contentType: made.contentType, copy: made } as RenderSource;
  const [small, fine] = (['webp', 'jpeg'] as const).map((format) => ({
    ...copyOf,
    scaled: inside({ width, height }, { width: RESULT, height: RESULT }),
    format,
  })) as [Recipe, Recipe];
  const isCopied = IMAGE_FORMATS[type].isCopiedWhenVerified;
  const times = await cpuMs({
    verified: () => inspected(type, path, undefined),
    withCopy: isCopied ? () => inspected(type, path, resultPath) : async () => {},
    copy: () => rendered(original, copyOf, resultPath),
    directSmall: () => rendered(original, small, resultPath),
    copiedSmall: () => rendered(copy, small, resultPath),
    directFine: () => rendered(original, fine, resultPath),
    copiedFine: () => rendered(copy, fine, resultPath),
  });
  const ms = (value: number): string => value.toFixed(0);
  return [
    ms(times.verified),
    isCopied ? ms(times.withCopy) : '',
    ms(times.copy),
    `${ms(times.directSmall)}, ${ms(times.copiedSmall)}`,
    `${ms(times.directFine)}, ${ms(times.copiedFine)}`,
    `${megabytes((await stat(path)).size)}, ${megabytes((await stat(copyPath)).size)} (${made.contentType.slice(6)})`,
  ];
}

/** Also of images below the threshold. */
function recipeOfCopy({ type, width, height }: Original): Recipe {
  const any = copyRecipe({ contentType: type, width: 20_000, height: 20_000 });
  if (!any) throw new Error(`expected a type that has working copies; got ${type}`);
  return { ...any, scaled: copySize({ width, height }) };
}

/** Medians, in turn. */
async function cpuMs<Name extends string>(works: { readonly [name in Name]: () => Promise<unknown> }) {
  const names = Object.keys(works) as Name[];
  const all = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, number[]>;
  for (let round = 0; round <= ROUNDS; round++) {
    for (const name of names) {
      const before = process.cpuUsage();
      await works[name]();
      const { user, system } = process.cpuUsage(before);
      if (round > 0) all[name].push((user + system) / 1000);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(all[name])])) as Record<Name, number>;
}

async function inspected(declaredType: MediaType, path: string, copyTo: string | undefined): Promise<void> {
  if (copyTo !== undefined) await writeFile(copyTo, '');
  const inspection = await inspect({ path, declaredType, limits: DEFAULT_LIMITS, copyTo });
  if (inspection.outcome === 'refused') throw new Error(`expected a sound image; got ${inspection.rejection.detail}`);
}

async function rendered(source: RenderSource, recipe: Recipe, path: string) {
  await writeFile(path, '');
  const [one] = await render({ source, outputs: [{ recipe, path }], limits: DEFAULT_LIMITS });
  if (one?.outcome !== 'made') throw new Error(`expected a picture; got ${one?.refusal.detail}`);
  return one;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(1)} MB`;
}

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import type { MediaType } from '../packages/server/src/domain/image/media-type.ts';
import { EVERY_ACCEPTED } from '../packages/server/src/domain/rendition/accepted-formats.ts';
import { copyRecipe, copySize, recipeFromCopy } from '../packages/server/src/domain/rendition/copy-recipes.ts';
import { planRendition } from '../packages/server/src/domain/rendition/plan-rendition.ts';
import type { Recipe } from '../packages/server/src/domain/rendition/recipe.ts';
import { parseTransform } from '../packages/server/src/domain/rendition/transform-parameters.ts';
import type { RenderSource } from '../packages/server/src/imaging/imaging.ts';
import { DEFAULT_LIMITS } from '../packages/server/src/imaging/limits.ts';
import { readHeader } from '../packages/server/src/imaging/pixels.ts';
import { render } from '../packages/server/src/imaging/render/render.ts';

/**
 * Both ways of a rendition, and a third: from a lossless picture of all pixels, which no decoder scales while it loads.
 */
export interface Ways {
  readonly direct: Buffer;
  readonly copied: Buffer;
  readonly careful: Buffer;
}

export interface CopiedOriginal {
  readonly copy: { readonly contentType: string; readonly sizeBytes: number };
  /** Undefined: the policy makes it from the original. */
  ways(query: string): Promise<Ways | undefined>;
}

/** An original in `folder`, with its working copy, of whatever size it is: the policy's thresholds are about cost. */
export async function copiedOriginal(folder: string, bytes: Buffer, contentType: MediaType): Promise<CopiedOriginal> {
  const [path, copyPath, losslessPath] = ['original', 'copy', 'lossless'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(path, bytes);
  await sharp(path).autoOrient().png({ compressionLevel: 1 }).toFile(losslessPath);
  const header = await readHeader(path);
  if (!header) throw new Error('expected a header; got none');
  const image = { width: header.width, height: header.height, contentType, focalPoint: null };
  const anyCopy = copyRecipe({ width: 20_000, height: 20_000, contentType });
  if (!anyCopy) throw new Error(`expected a type that has working copies; got ${contentType}`);
  const scaled = copySize(image);
  const made = await rendered({ path, contentType }, { ...anyCopy, scaled }, copyPath);
  const copyType = made.contentType === 'image/webp' ? 'image/webp' : 'image/jpeg';
  const copy = { ...scaled, contentType: copyType } as const;
  const resultPath = join(folder, 'result');
  return {
    copy: { contentType: copyType, sizeBytes: made.bytes.length },
    async ways(query) {
      const transform = parseTransform(new URLSearchParams(query), (name) => name);
      const recipe = planRendition(image, transform, EVERY_ACCEPTED);
      const fromCopy = recipeFromCopy(recipe, image, copy);
      if (!fromCopy) return undefined;
      const all: [RenderSource, Recipe][] = [
        [{ path, contentType }, recipe],
        [{ path: copyPath, contentType: copyType, copy: scaled }, fromCopy],
        [{ path: losslessPath, contentType: 'image/png' }, recipe],
      ];
      const results: Buffer[] = [];
      for (const [source, one] of all) results.push((await rendered(source, one, resultPath)).bytes);
      const [direct, copied, careful] = results as [Buffer, Buffer, Buffer];
      return { direct, copied, careful };
    },
  };
}

async function rendered(source: RenderSource, recipe: Recipe, path: string) {
  writeFileSync(path, ''); // as the service does: a decoder can make no file
  const [one] = await render({ source, outputs: [{ recipe, path }], limits: DEFAULT_LIMITS });
  if (one?.outcome !== 'made') throw new Error(`expected a picture; got ${one?.refusal.detail}`);
  return { bytes: readFileSync(path), contentType: one.contentType };
}

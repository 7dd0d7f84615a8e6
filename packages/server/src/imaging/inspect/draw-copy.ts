import { isCopyType } from '../../domain/image/working-copy.ts';
import { copyRecipe } from '../../domain/rendition/copy-recipes.ts';
import type { MadeCopy } from '../imaging.ts';
import { type Preview, previewOf } from '../pixels.ts';
import { fromPixels, toPixels } from '../render/picture.ts';
import { finish, shape } from '../render/pipeline.ts';
import { type Loading, load } from '../render/steps/load.ts';
import { writeOutput } from '../render/write-output.ts';

export interface DrawnCopy {
  readonly preview: Preview;
  /** null: it couldn't be encoded or written. */
  readonly copy: MadeCopy | null;
}

/**
 * Decodes a still image once, for its preview and its working copy, which is written to `path`. Undefined if the image
 * shall have no copy, or can't be decoded this way.
 */
export async function drawCopy(loading: Loading, path: string): Promise<DrawnCopy | undefined> {
  const { source, header } = loading;
  const recipe = header.frames === 1 ? copyRecipe({ ...header, contentType: source.contentType }) : undefined;
  if (!recipe) return undefined;
  const pixels = await unlessFailed(async () => toPixels(await shape(load(loading, recipe), recipe)));
  const preview = pixels && (await unlessFailed(() => previewOf(fromPixels(pixels).image)));
  if (!pixels || !preview) return undefined;
  const copy = await unlessFailed(async () => {
    const { bytes, contentType, width, height } = await finish(fromPixels(pixels), recipe, null);
    if (!isCopyType(contentType)) return null;
    writeOutput(path, bytes);
    return { contentType, width, height };
  });
  return { preview, copy: copy ?? null };
}

/** A failed copy never rejects an image: the inspection without a copy decides. */
async function unlessFailed<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch {
    return undefined;
  }
}

import { AppError, invalidField } from '../../domain/errors.ts';
import type { Recipe } from '../../domain/rendition/recipe.ts';
import type { RenderAnswer, RenderOptions, RenderRefusal, RenderSource } from '../../imaging/imaging.ts';
import type { MadeFile } from '../../object-store/staging.ts';
import type { Services } from '../../services.ts';

/** Verified bytes that are checked out once a decoder is near. */
export interface SourceToCheckOut {
  readonly sizeBytes: number;
  readonly checkOut: (signal: AbortSignal) => Promise<RenderSource & AsyncDisposable>;
}

/** A picture, which the caller must dispose of. */
export type RenderedFile = Omit<Extract<RenderAnswer, { outcome: 'made' }>, 'outcome'> & { readonly file: MadeFile };

/**
 * Renders the recipes of one source in one decode, each into a staged file or, if it is small, into memory. Errors:
 * `rendition-failed` if one can't be made of it, `invalid-request` if it has no such page; those of `checkOut` and of
 * `Imaging.render`.
 */
export async function renderFiles(
  { staging, imaging }: Pick<Services, 'staging' | 'imaging'>,
  { sizeBytes, checkOut }: SourceToCheckOut,
  recipes: readonly Recipe[],
  turn: RenderOptions,
): Promise<readonly RenderedFile[]> {
  const all: Omit<RenderedFile, 'file'>[] = [];
  const files = await staging.stageFiles(recipes.length, async (paths) => {
    await using sources = new AsyncDisposableStack(); // the temporary file is removed before its renditions are stored
    const fetch = async (signal: AbortSignal) => {
      const { path, contentType, copy, marks } = sources.use(await checkOut(signal));
      return { path, contentType, copy, marks };
    };
    const outputs = paths.flatMap((path, index) => {
      const recipe = recipes[index];
      return recipe ? [{ recipe, path }] : [];
    });
    const rendered = await imaging.render({ sizeBytes, fetch }, outputs, turn);
    return rendered.map((one) => {
      if (one.outcome === 'refused') throw refusal(one.refusal);
      const { contentType, width, height, bytes } = one;
      all.push({ contentType, width, height });
      return bytes;
    });
  });
  return all.map((one, index) => {
    const file = files[index];
    if (!file) throw new Error(`expected a file for each of ${recipes.length} recipes; got ${files.length}`);
    return { ...one, file };
  });
}

/** The refusal of a result that can't have as few bytes as it should, whatever is tried. */
export const isTooManyBytes = (error: unknown): error is AppError =>
  error instanceof AppError && error.code === 'rendition-failed' && error.params?.reason === 'too-many-bytes';

const refusal = ({ code, detail, params }: RenderRefusal): AppError =>
  code === 'no-such-page'
    ? invalidField('?page', detail)
    : new AppError('rendition-failed', detail, { params: { ...params, reason: code } });

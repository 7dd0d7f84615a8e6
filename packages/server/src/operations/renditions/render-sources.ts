import { AppError } from '../../domain/errors.ts';
import { type PublishedImage, withWorkingCopy } from '../../domain/image/image.ts';
import { workingCopyKey } from '../../domain/image/object-key.ts';
import type { WorkingCopy } from '../../domain/image/working-copy.ts';
import { recipeFromCopy } from '../../domain/rendition/copy-recipes.ts';
import type { PlannedRendition } from '../../domain/rendition/planned-rendition.ts';
import type { Recipe } from '../../domain/rendition/recipe.ts';
import type { Mark } from '../../domain/rendition/watermark.ts';
import type { MarkSource } from '../../imaging/imaging.ts';
import type { Services } from '../../services.ts';
import { amendImage } from '../images/amend-image.ts';
import { checkOutOriginal, type OriginalServices } from '../images/read-original.ts';
import { isTooManyBytes, type SourceToCheckOut } from './render-files.ts';

type SourceServices = OriginalServices & Pick<Services, 'settings'>;

export const fromOriginal = (services: OriginalServices, image: PublishedImage): SourceToCheckOut => ({
  sizeBytes: image.sizeBytes,
  checkOut: async (signal) => {
    const file = await checkOutOriginal(services, image, signal);
    const { contentType } = image;
    return { path: file.path, contentType, [Symbol.asyncDispose]: () => file[Symbol.asyncDispose]() };
  },
});

/** The source together with the images of watermarks, whose bytes are verified as its own are. */
export function withMarks(
  services: OriginalServices,
  { sizeBytes, checkOut }: SourceToCheckOut,
  all: readonly Mark[],
): SourceToCheckOut {
  const marks = [...new Map(all.map((mark) => [mark.sha256, mark])).values()];
  return {
    sizeBytes: marks.reduce((sum, mark) => sum + mark.sizeBytes, sizeBytes),
    checkOut: async (signal) => {
      await using files = new AsyncDisposableStack();
      const { path, contentType, copy } = files.use(await checkOut(signal));
      const sources: MarkSource[] = [];
      for (const mark of marks) sources.push(files.use(await checkOutMark(services, mark, signal)));
      const held = files.move();
      return { path, contentType, copy, marks: sources, [Symbol.asyncDispose]: () => held.disposeAsync() };
    },
  };
}

/**
 * Errors: `rendition-failed` if the image isn't ready any more, or its bytes are lost; `unavailable` if they were
 * replaced since the rendition was named after them; those of the store.
 */
async function checkOutMark(
  services: OriginalServices,
  { imageId, sha256 }: Mark,
  signal: AbortSignal,
): Promise<MarkSource & AsyncDisposable> {
  const image = await services.images.get(imageId);
  if (image?.status !== 'ready') throw unusableMark();
  if (image.sha256 !== sha256) throw replacedMark();
  try {
    const file = await checkOutOriginal(services, image, signal);
    const { contentType } = image;
    return { sha256, path: file.path, contentType, [Symbol.asyncDispose]: () => file[Symbol.asyncDispose]() };
  } catch (error) {
    if (error instanceof AppError && (error.code === 'original-lost' || error.code === 'image-not-found'))
      throw unusableMark(error);
    throw error;
  }
}

const unusableMark = (cause?: unknown): AppError =>
  new AppError('rendition-failed', 'expected the image of the watermark to be ready; got one that is gone', { cause });

/** Until the process reads the image of the watermark again, which it does every ten seconds. */
const replacedMark = (): AppError =>
  new AppError('unavailable', 'The image of the watermark was replaced; try again', {
    retryAfterSeconds: 10,
    isExpected: true,
  });

export interface FromWorkingCopy {
  readonly source: SourceToCheckOut;
  /** In the pixels of the copy. */
  readonly recipes: readonly Recipe[];
  /** Whether the copy may be the cause of an error: then the original is asked. */
  readonly mayBeLost: (error: unknown) => boolean;
  /** The original has what the copy hadn't: the image is without a copy from now on. */
  readonly forget: (error: unknown) => Promise<void>;
}

/** undefined: not all of these can be made from the image's working copy, or it has none. */
export function fromWorkingCopy(
  services: SourceServices,
  image: PublishedImage,
  all: readonly PlannedRendition[],
): FromWorkingCopy | undefined {
  const { workingCopy: copy } = image;
  if (!copy || !services.settings.workingCopies) return undefined;
  const recipes = all.map(({ recipe }) => recipeFromCopy(recipe, image, copy)).filter((recipe) => recipe !== undefined);
  if (recipes.length < all.length) return undefined;
  const source = {
    sizeBytes: copy.sizeBytes,
    checkOut: (signal: AbortSignal) => checkOut(services, image, copy, signal),
  };
  const forget = async (error: unknown): Promise<void> => {
    services.observe({ event: 'working-copy-lost', imageId: image.id, error });
    // If this write fails, the next rendition tries it again.
    await amendImage(services, image.id, (current) =>
      current.workingCopy?.sha256 === copy.sha256 ? withWorkingCopy(current, null) : current,
    ).catch(() => undefined);
  };
  return { source, recipes, mayBeLost, forget };
}

/** The store has no such copy, or another one under its key. */
class LostCopy extends Error {}

/**
 * A decoder that crashes may have the recipe or the machine to blame, and would crash on the original, too; a picture
 * of the original has as many bytes.
 */
const mayBeLost = (error: unknown): boolean =>
  error instanceof LostCopy ||
  (error instanceof AppError &&
    (error.code === 'rendition-failed' || error.code === 'decoder-failed') &&
    !isTooManyBytes(error));

/** By its hash, not by an entity tag, which a restored bucket changes. */
async function checkOut(
  { objects }: OriginalServices,
  { id }: PublishedImage,
  { sha256, sizeBytes, contentType, width, height }: WorkingCopy,
  signal: AbortSignal,
): Promise<Awaited<ReturnType<SourceToCheckOut['checkOut']>>> {
  const key = workingCopyKey(id, { sha256 });
  const file = await objects.checkOut(key, { maxBytes: sizeBytes, signal }).catch((error: unknown) => {
    throw error instanceof AppError && error.code === 'upload-too-large' ? new LostCopy(`${key} is larger`) : error;
  });
  if (!file) throw new LostCopy(`${key} is missing`);
  if (file.sha256 !== sha256) {
    await file[Symbol.asyncDispose]();
    throw new LostCopy(`${key} has other bytes`);
  }
  const dispose = () => file[Symbol.asyncDispose]();
  return { path: file.path, contentType, copy: { width, height }, [Symbol.asyncDispose]: dispose };
}

import { payerOfUpload, UNKNOWN_PAYER } from '../../domain/access/payer.ts';
import { AppError } from '../../domain/errors.ts';
import { crashRetryAt, MAX_CRASHES } from '../../domain/image/deadlines.ts';
import type { ReadyImage } from '../../domain/image/image.ts';
import { giveUpRendition, recordRenditionCrash } from '../../domain/image/rendition-failures.ts';
import { isCopyType, WORKING_COPY, type WorkingCopy } from '../../domain/image/working-copy.ts';
import type { Recipe } from '../../domain/rendition/recipe.ts';
import { amendImage } from '../images/amend-image.ts';
import { recipeOfCopy } from './ask-for-working-copy.ts';
import type { RenderServices } from './make-renditions.ts';
import { renderFiles } from './render-files.ts';
import { fromOriginal } from './render-sources.ts';
import { isShortOfRoom } from './room-for-files.ts';
import { storeWorkingCopy } from './store-working-copy.ts';

export interface MadeWorkingCopy {
  /** That the record names; null: none. */
  readonly copy: WorkingCopy | null;
  /** When to try again; null: never. */
  readonly againAt: Date | null;
}

/**
 * Makes the working copy that a ready image is to have, unless it has one. What the image itself causes is recorded,
 * and given up after some attempts. Errors: the transient ones of `Imaging.render`, of the store and of the repository.
 */
export async function makeWorkingCopy(services: RenderServices, image: ReadyImage): Promise<MadeWorkingCopy> {
  const recipe = image.workingCopy ? undefined : recipeOfCopy(services, image);
  if (!recipe) return { copy: image.workingCopy, againAt: null };
  // Once there is space, renditions ask again.
  if (await isShortOfRoom(services)) return { copy: null, againAt: null };
  try {
    return { copy: await make(services, image, recipe), againAt: null };
  } catch (error) {
    if (!(error instanceof AppError) || (error.code !== 'decoder-failed' && error.code !== 'rendition-failed'))
      throw error;
    const failure = { rendition: WORKING_COPY, detail: error.detail, at: services.clock.now() };
    const record = error.code === 'decoder-failed' ? recordRenditionCrash : giveUpRendition;
    await amendImage(services, image.id, (current) =>
      current.objectKey === image.objectKey ? record(current, failure) : current,
    );
    return { copy: null, againAt: await retryOf(services, image) };
  }
}

async function make(services: RenderServices, image: ReadyImage, recipe: Recipe): Promise<WorkingCopy | null> {
  const turn = { urgency: 'background', payer: payerOfUpload(image, UNKNOWN_PAYER) } as const;
  const [made] = await renderFiles(services, fromOriginal(services, image), [recipe], turn);
  if (!made) throw new Error('expected a working copy; got none');
  await using file = made.file;
  const { contentType, width, height } = made;
  if (!isCopyType(contentType)) throw new Error(`expected a working copy as JPEG or WebP; got ${contentType}`);
  return await storeWorkingCopy(services, image, { file, contentType, width, height }); // before the file is removed
}

async function retryOf({ images, clock }: RenderServices, { id }: ReadyImage): Promise<Date | null> {
  const current = await images.get(id);
  const failures = current?.status === 'ready' ? current.renditionFailures : [];
  const crashes = failures.find(({ rendition }) => rendition === WORKING_COPY)?.crashes ?? MAX_CRASHES;
  return crashes < MAX_CRASHES ? crashRetryAt(crashes, clock.now()) : null;
}

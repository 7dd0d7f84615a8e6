import type { Access } from '../../domain/access/policy.ts';
import { AppError } from '../../domain/errors.ts';
import type { ReadyImage, TrashedImage } from '../../domain/image/image.ts';
import { untilLate } from '../../flow/until-late.ts';
import type { Services } from '../../services.ts';
import { deleteImage } from './delete-image.ts';
import { type RestoreServices, restoreImage } from './restore-image.ts';
import { type TrashServices, trashImage } from './trash-image.ts';
import { type Update, type UpdateImageInput, type UpdateServices, updateImage } from './update-image.ts';

export type ImageResult<Done> =
  | { readonly id: string; readonly done: Done }
  | { readonly id: string; readonly error: AppError };

/** The writes that share one commit, and the limit of concurrent removals of files. */
const AT_ONCE = 50;

/** Runs `work` for each image independently: an error of one doesn't affect the others. */
export async function eachImage<Done>(
  services: Pick<Services, 'clock'>,
  ids: readonly string[],
  work: (id: string, index: number) => Promise<Done>,
): Promise<ImageResult<Done>[]> {
  const settled = async ([index, id]: readonly [number, string]): Promise<ImageResult<Done>> => {
    try {
      return { id, done: await work(id, index) };
    } catch (error) {
      if (error instanceof AppError) return { id, error };
      throw error;
    }
  };
  const late = (error: AppError, [, id]: readonly [number, string]) => ({ id, error });
  return untilLate(services, [...ids.entries()], { width: AT_ONCE, work: settled, late });
}

/** Deletes each image independently: an error of one doesn't affect the others. */
export const deleteImages = (
  services: Pick<Services, 'images' | 'objects' | 'multipart' | 'clock'>,
  access: Access,
  ids: readonly string[],
): Promise<ImageResult<unknown>[]> => eachImage(services, ids, (id) => deleteImage(services, access, id));

/** Moves each image to the trash independently: an error of one doesn't affect the others. */
export const trashImages = (
  services: TrashServices,
  access: Access,
  ids: readonly string[],
): Promise<ImageResult<TrashedImage>[]> => eachImage(services, ids, (id) => trashImage(services, access, id));

/** Restores each image independently: an error of one doesn't affect the others. */
export const restoreImages = (
  services: RestoreServices,
  access: Access,
  ids: readonly string[],
): Promise<ImageResult<ReadyImage>[]> => eachImage(services, ids, (id) => restoreImage(services, access, id));

export interface ChangeImagesInput extends Pick<UpdateImageInput, 'edits' | 'corrections' | 'payer'> {
  readonly ids: readonly string[];
  /** The acceptable revision of each; undefined: any. */
  readonly revisions: readonly number[] | undefined;
  readonly answer: AnswerRoom;
}

/** What the results of a batch take in its answer, in bytes. */
export interface AnswerRoom {
  readonly bytes: number;
  /** A result takes at most so much. */
  readonly mostOfOne: number;
  /** undefined: a problem. */
  readonly bytesOf: (update: Update | undefined) => number;
}

const FULL_SECONDS = 1;

/**
 * Changes each image independently: an error of one doesn't affect the others. One whose result might not fit into the
 * answer isn't changed: what a caller isn't told can't be undone.
 */
export function changeImages(
  services: UpdateServices,
  access: Access,
  { ids, revisions, answer, ...change }: ChangeImagesInput,
): Promise<ImageResult<Update>[]> {
  let left = answer.bytes;
  return eachImage(services, ids, async (id, index) => {
    if (left < answer.mostOfOne) {
      const detail = 'expected results that fit into one answer; got more: it was not changed; send it again';
      throw new AppError('unavailable', detail, { retryAfterSeconds: FULL_SECONDS, isExpected: true });
    }
    left -= answer.mostOfOne;
    const expectedRevisions = revisions?.slice(index, index + 1);
    let update: Update | undefined;
    try {
      update = await updateImage(services, access, { ...change, changes: {}, id, expectedRevisions });
      return update;
    } finally {
      left += answer.mostOfOne - answer.bytesOf(update);
    }
  });
}

import type { Principal } from '../../domain/access/principal.ts';
import { AppError } from '../../domain/errors.ts';
import { untilLate } from '../../flow/until-late.ts';
import type { Services } from '../../services.ts';
import { deleteImage } from './delete-image.ts';

export interface DeleteResult {
  readonly id: string;
  /** Why it was not deleted; undefined when it was. */
  readonly error: AppError | undefined;
}

/** So many deletes share one commit, and no more files than that are worked on. */
const AT_ONCE = 50;

/** Deletes each on its own: what is wrong with one harms no other. */
export async function deleteImages(
  services: Pick<Services, 'images' | 'objects' | 'clock'>,
  principal: Principal,
  ids: readonly string[],
): Promise<DeleteResult[]> {
  const remove = async (id: string): Promise<DeleteResult> => {
    try {
      await deleteImage(services, principal, id);
      return { id, error: undefined };
    } catch (error) {
      if (error instanceof AppError) return { id, error };
      throw error;
    }
  };
  return untilLate(services, ids, { width: AT_ONCE, work: remove, late: (error, id) => ({ id, error }) });
}

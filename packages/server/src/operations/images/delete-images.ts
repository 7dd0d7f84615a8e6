import type { Principal } from '../../domain/access/principal.ts';
import { AppError } from '../../domain/errors.ts';
import { untilLate } from '../../flow/until-late.ts';
import type { Services } from '../../services.ts';
import { deleteImage } from './delete-image.ts';

export interface DeleteResult {
  readonly id: string;
  /** The error of this delete; undefined if it succeeded. */
  readonly error: AppError | undefined;
}

/** The deletes that share one commit, and the limit of concurrent file removals. */
const AT_ONCE = 50;

/** Deletes each image independently: an error of one doesn't affect the others. */
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

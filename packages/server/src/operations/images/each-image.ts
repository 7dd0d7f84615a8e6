import { AppError } from '../../domain/errors.ts';
import { untilLate } from '../../flow/until-late.ts';
import type { Services } from '../../services.ts';

export type ImageResult<Done> =
  | { readonly id: string; readonly done: Done }
  | { readonly id: string; readonly error: AppError };

/** The writes that share one commit, and the limit of concurrent removals of files. */
const AT_ONCE = 50;

/** Runs `work` for each image independently: an error of one doesn't affect the others. */
export async function eachImage<Done>(
  services: Pick<Services, 'clock'>,
  ids: readonly string[],
  work: (id: string) => Promise<Done>,
): Promise<ImageResult<Done>[]> {
  const settled = async (id: string): Promise<ImageResult<Done>> => {
    try {
      return { id, done: await work(id) };
    } catch (error) {
      if (error instanceof AppError) return { id, error };
      throw error;
    }
  };
  return untilLate(services, ids, { width: AT_ONCE, work: settled, late: (error, id) => ({ id, error }) });
}

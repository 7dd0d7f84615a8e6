import { AppError } from '../../domain/errors.ts';
import type { OperatorServices, Services } from '../../services.ts';
import { type DeleteUserInput, deleteUser } from './delete-user.ts';
import type { DeletionOptions } from './user-services.ts';

/**
 * Begins the deletion for a command; `carryOutDeletions` ends it. Answers nothing that names the user. One that has
 * ended is open again until the files of the store forget the user's id once more, since the request has brought it
 * there.
 */
export async function answerDeleteUser(
  services: Services & OperatorServices,
  body: unknown,
  options: DeletionOptions,
): Promise<{ readonly user_hash: string }> {
  const deletion = await deleteUser(services, inputIn(body), options);
  if (deletion.endedAt !== null) await services.erasures.putDeletion({ ...deletion, endedAt: null });
  return { user_hash: deletion.userHash };
}

function inputIn(body: unknown): DeleteUserInput {
  const { user_id: userId, block_days: blockDays }: { user_id?: unknown; block_days?: unknown } = Object(body);
  if (typeof userId === 'string' && (blockDays === undefined || typeof blockDays === 'number'))
    return { userId, blockDays };
  throw new AppError('unavailable', 'expected user_id; got another request: use the command of the same version');
}

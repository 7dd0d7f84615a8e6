import { AppError } from '../../domain/errors.ts';
import type { OperatorServices, Services } from '../../services.ts';
import { type DeleteUserInput, deleteUser } from './delete-user.ts';
import type { DeletionOptions } from './user-services.ts';

/** Begins the deletion for a command; `finishDeletions` ends it. Answers nothing that names the user. */
export async function answerDeleteUser(
  services: Services & OperatorServices,
  body: unknown,
  options: DeletionOptions,
): Promise<{ readonly user_hash: string }> {
  const { userHash } = await deleteUser(services, inputIn(body), options);
  return { user_hash: userHash };
}

function inputIn(body: unknown): DeleteUserInput {
  const { user_id: userId, block_days: blockDays }: { user_id?: unknown; block_days?: unknown } = Object(body);
  if (typeof userId === 'string' && typeof blockDays === 'number') return { userId, blockDays };
  throw new AppError(
    'unavailable',
    'expected user_id and block_days; got another request: use the command of the same version',
  );
}

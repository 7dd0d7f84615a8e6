import { AppError } from '../../domain/errors.ts';
import type { OwnerUsage } from '../../records/usage/usage-repository.ts';
import type { Services } from '../../services.ts';
import { requireCounting } from '../checks/require-enabled.ts';

export interface FindOwnersInput {
  readonly limit: number;
  readonly cursor: string | undefined;
}

export interface FoundOwners {
  readonly owners: readonly OwnerUsage[];
  readonly nextCursor: string | null;
}

/**
 * All users with usage or limits of their own. Only admins ask, so a cursor is their last user id, not sealed. Errors:
 * `invalid-cursor`.
 */
export async function findOwners(
  services: Pick<Services, 'usage' | 'settings'>,
  { limit, cursor }: FindOwnersInput,
): Promise<FoundOwners> {
  requireCounting(services);
  const after = cursor === undefined ? undefined : opened(cursor);
  const { owners, next } = await services.usage.findOwners({ after, limit });
  return { owners, nextCursor: next === null ? null : Buffer.from(next).toString('base64url') };
}

/** Characters: the longest user id. */
const MAX_CURSOR_LENGTH = 1_024;

function opened(cursor: string): string {
  const bytes = Buffer.from(cursor.length > MAX_CURSOR_LENGTH ? '' : cursor, 'base64url');
  if (bytes.length > 0 && bytes.toString('base64url') === cursor) return bytes.toString();
  throw new AppError('invalid-cursor', 'expected the next_cursor of the previous page; got another text');
}

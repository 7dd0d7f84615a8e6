import { userOf } from '../../domain/access/access.ts';
import type { Access } from '../../domain/access/policy.ts';
import { AppError, invalidField } from '../../domain/errors.ts';
import type { TagCount } from '../../domain/lists/tags.ts';
import type { Services } from '../../services.ts';

export interface FindTagsInput {
  readonly userId: string | undefined;
  readonly prefix: string;
}

/** As many as somebody looks through who types a tag. */
const MAX_TAGS_FOUND = 50;

/**
 * The first tags of a user's ready images that begin with `prefix`. Errors: `invalid-request` if no user is named and
 * the credential acts for several; `search-unsupported`.
 */
export function findTags(
  { images }: Pick<Services, 'images'>,
  access: Access,
  { userId, prefix }: FindTagsInput,
): Promise<readonly TagCount[]> {
  const owner = access.principal.kind === 'open' ? (userId ?? access.named) : userOf(access);
  if (owner === null)
    throw invalidField('?user_id', 'expected a user, whose tags they are; got none', { reason: 'no-user' });
  if (images.searches) return images.tags({ userId: owner, prefix, limit: MAX_TAGS_FOUND });
  const detail = 'expected another request, since this service has no list of tags; got one for tags';
  throw new AppError('search-unsupported', detail);
}

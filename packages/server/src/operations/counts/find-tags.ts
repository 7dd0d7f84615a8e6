import { ownerOf } from '../../domain/access/access.ts';
import type { Access } from '../../domain/access/policy.ts';
import type { TagCount } from '../../domain/lists/tags.ts';
import type { Services } from '../../services.ts';
import { requireSearch } from '../images/require-search.ts';

/** As many as somebody looks through who types a tag. */
const MAX_TAGS_FOUND = 50;

/**
 * The first tags of a user's ready images that begin with `prefix`. Errors: `invalid-request` if no user is named and
 * the credential acts for several; `search-unsupported`.
 */
export async function findTags(
  { images }: Pick<Services, 'images'>,
  access: Access,
  prefix: string,
): Promise<readonly TagCount[]> {
  const userId = ownerOf(access);
  requireSearch({ images }, 'another request, since this service has no list of tags; got one for tags');
  return images.tags({ userId, prefix, limit: MAX_TAGS_FOUND });
}

import { ownerOf } from '../../domain/access/access.ts';
import type { Access } from '../../domain/access/policy.ts';
import type { KnownBytes } from '../../domain/lists/known-bytes.ts';
import type { Services } from '../../services.ts';
import { requireSearch } from './require-search.ts';

/**
 * Which of these bytes, by SHA-256, the user's images already have. Errors: `invalid-request` if no user is named and
 * the credential acts for several; `search-unsupported`.
 */
export async function findKnown(
  { images }: Pick<Services, 'images'>,
  access: Access,
  digests: readonly string[],
): Promise<readonly KnownBytes[]> {
  const userId = ownerOf(access);
  requireSearch({ images }, 'another request, since this service finds no images by their bytes; got one that does');
  return images.known({ userId, digests: [...new Set(digests)] });
}

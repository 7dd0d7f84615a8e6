import { AppError } from '../domain/errors.ts';
import type { ReadyImage } from '../domain/image.ts';
import { canRead, type Principal } from '../domain/principal.ts';
import type { FindQuery } from '../image-repository/image-repository.ts';
import type { Services } from '../services.ts';

/** Ready images that match every filter, newest first. */
export async function findImages(
  services: Pick<Services, 'images'>,
  principal: Principal,
  query: FindQuery,
): Promise<ReadyImage[]> {
  if (principal.reads === 'all') return services.images.find(query);
  const userId = query.userId ?? principal.subject;
  if (userId === null || !canRead(principal, { userId })) {
    throw new AppError('forbidden', "expected one's own user_id; came another user's");
  }
  return services.images.find({ ...query, userId });
}

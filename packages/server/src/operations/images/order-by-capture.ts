import { AppError, invalidField } from '../../domain/errors.ts';
import type { CaptureOrders, ImageRepository } from '../../records/images/image-repository.ts';
import type { Services } from '../../services.ts';

/** For what a service says of itself, also while its store is away: a list says then why there is none. */
export const toldOrders = (images: Pick<ImageRepository, 'ordersByCapture'>): Promise<CaptureOrders> =>
  images.ordersByCapture().catch(() => 'none');

/**
 * `userId`: whose list or months are asked for; undefined: those of all. Errors: `unavailable` until the service has
 * any, `invalid-request` if it has those of each owner only.
 */
export async function requireOrderByCapture(
  { images }: Pick<Services, 'images'>,
  userId: string | undefined,
): Promise<void> {
  const orders = await images.ordersByCapture();
  if (orders === 'none') {
    const detail =
      'expected the order of uploads, since this service has no order by capture until npm run admin -- provision and npm run admin -- facts have made it; got an order by capture';
    throw new AppError('unavailable', detail, { isExpected: true });
  }
  if (orders === 'of-all' || userId !== undefined) return;
  throw invalidField(
    '?user_id',
    "expected a user, since this service keeps each user's order by capture only; got none",
  );
}

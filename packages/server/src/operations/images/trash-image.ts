import type { Access } from '../../domain/access/policy.ts';
import { AppError } from '../../domain/errors.ts';
import { purgedAt } from '../../domain/image/deadlines.ts';
import { type TrashedImage, trash } from '../../domain/image/image.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import type { Services } from '../../services.ts';
import { changeableOrTrashedImage } from './visible-image.ts';

export type TrashServices = Pick<Services, 'images' | 'clock' | 'settings'>;

/**
 * Moves a ready image to the trash: requests for its id don't find it until it is restored, and after `trashDays` the
 * sweeper deletes it. A trashed image stays as it is. Errors: `route-not-found` if the service has no trash,
 * `image-not-found`, `forbidden`, `image-not-ready`, `unavailable` if the record keeps changing.
 */
export async function trashImage(services: TrashServices, access: Access, id: string): Promise<TrashedImage> {
  requireTrash(services);
  return retryWhileChanged(async () => {
    const image = await changeableOrTrashedImage(services, access, id);
    if (image.status === 'trashed') return image;
    if (image.status !== 'ready') {
      throw new AppError('image-not-ready', `expected a ready image; got status ${image.status}`, {
        params: { status: image.status },
      });
    }
    const now = services.clock.now();
    const trashed = trash(image, now, purgedAt(now, services.settings.trashDays));
    return (await services.images.replace(image, trashed)) ? trashed : CHANGED;
  });
}

/** Errors: `route-not-found` if images can only be deleted. */
export function requireTrash({ settings }: Pick<Services, 'settings'>): void {
  if (settings.trashDays > 0) return;
  throw new AppError('route-not-found', 'expected a service with a trash; got one with TRASH_DAYS=0');
}

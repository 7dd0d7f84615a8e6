import { publishHeld } from '../../domain/image/hold.ts';
import type { HeldImage } from '../../domain/image/image.ts';
import type { Decision } from '../../domain/image/screening.ts';
import type { Services } from '../../services.ts';
import { sendMaintenance } from '../renditions/send-maintenance.ts';
import { noteArrival } from '../uploads/guest-upload.ts';

/**
 * Makes a held image ready whose last gate has passed it, or gives one that was looked at again its former status. A
 * new one is also sent a job for its eager renditions. undefined if the record has changed since it was read.
 */
export async function publishScreened(
  services: Pick<Services, 'albums' | 'images' | 'filters' | 'jobs' | 'clock' | 'settings'>,
  image: HeldImage,
  decided: readonly Decision[],
): Promise<ReturnType<typeof publishHeld> | undefined> {
  const filteredBy = await services.filters.written();
  const at = services.clock.now();
  const maintainAt = image.former === null && services.settings.eagerPresets.length > 0 ? at : null;
  const ready = publishHeld(image, { maintainAt, filteredBy, decided, at });
  if (!(await services.images.replace(image, ready))) return undefined;
  if (maintainAt) await sendMaintenance(services, image.id);
  await noteArrival(services, ready);
  return ready;
}

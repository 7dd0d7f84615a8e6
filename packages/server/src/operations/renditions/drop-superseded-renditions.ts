import type { ReadyImage } from '../../domain/image/image.ts';
import { renditionKindPrefix } from '../../domain/image/object-key.ts';
import { presetRenditions } from '../../domain/rendition/preset-renditions.ts';
import { dependsOnFocalPoint } from '../../domain/rendition/presets.ts';
import type { Services } from '../../services.ts';

/**
 * Drops the presets' renditions around former focal points, once no URL that was presigned before the image's last change is valid;
 * returns when that is, null if there is nothing to drop.
 */
export async function dropSupersededRenditions(
  services: Pick<Services, 'images' | 'objects' | 'renditions' | 'imaging' | 'clock' | 'settings'>,
  { id }: ReadyImage,
): Promise<Date | null> {
  const { images, objects, renditions, imaging, clock, settings } = services;
  if (!dependsOnFocalPoint(settings.presets)) return null;
  const stored = await Array.fromAsync(objects.list(renditionKindPrefix(id, 'preset')), ({ key }) => key);
  const image = await images.get(id); // read after listing: a listed rendition of a later focal point would seem superseded
  if (image?.status !== 'ready') return null;
  const all = [...settings.presets.values()].flatMap((preset) => presetRenditions(image, preset, imaging.encoder));
  const current = new Set(all.map(({ key }) => key));
  const superseded = stored.filter((key) => !current.has(key));
  if (superseded.length === 0) return null;

  const lastUseAt = new Date(image.updatedAt.getTime() + settings.presignedSeconds * 1000);
  if (clock.now() < lastUseAt) return lastUseAt;
  await objects.delete(superseded);
  renditions.forget(superseded);
  return null;
}

import type { ReadyImage } from '../../domain/image/image.ts';
import { renditionKindPrefix } from '../../domain/image/object-key.ts';
import { presetRenditions } from '../../domain/rendition/preset-renditions.ts';
import { dependsOnFocalPoint } from '../../domain/rendition/presets.ts';
import type { Services } from '../../services.ts';
import { beyondBounds, newestFirst } from './rendition-bounds.ts';

/**
 * Drops the presets' renditions around former focal points, once no URL that was presigned before the image's last
 * change is valid, and before that those beyond the bounds, because changes may follow each other faster than URLs end.
 * Returns when the rest is to be dropped, null if there is none.
 */
export async function dropSupersededRenditions(
  services: Pick<Services, 'images' | 'objects' | 'renditions' | 'imaging' | 'watermarks' | 'clock' | 'settings'>,
  { id }: ReadyImage,
): Promise<Date | null> {
  const { images, objects, renditions, imaging, watermarks, clock, settings } = services;
  if (!dependsOnFocalPoint(settings.presets)) return null;
  const stored = await Array.fromAsync(objects.list(renditionKindPrefix(id, 'preset')));
  const image = await images.get(id); // read after listing: a listed rendition of a later focal point would seem superseded
  if (image?.status !== 'ready') return null;
  const presets = [...settings.presets.values(), ...settings.sharedPresets.values()];
  for (const preset of presets) await watermarks.find(preset); // of one whose image is gone, nothing is served
  const question = { watermarks, encoder: imaging.encoder };
  const all = presets.flatMap((preset) => presetRenditions(image, preset, question));
  const current = new Set(all.map(({ key }) => key));
  const superseded = stored.filter(({ key }) => !current.has(key));
  if (superseded.length === 0) return null;

  const lastUseAt = new Date(image.updatedAt.getTime() + settings.presignedSeconds * 1000);
  const mayBeUsed = clock.now() < lastUseAt;
  const dropped = (mayBeUsed ? beyondBounds(image, await newestFirst(superseded)) : superseded).map(({ key }) => key);
  await objects.delete(dropped);
  renditions.forget(dropped);
  return mayBeUsed ? lastUseAt : null;
}

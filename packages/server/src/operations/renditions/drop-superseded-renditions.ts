import type { ReadyImage } from '../../domain/image/image.ts';
import { isReplacementKey, type ObjectKey, renditionKindPrefix } from '../../domain/image/object-key.ts';
import { presetRenditions } from '../../domain/rendition/preset-renditions.ts';
import { dependsOnFocalPoint } from '../../domain/rendition/presets.ts';
import type { Services } from '../../services.ts';
import { beyondBounds, newestFirst } from './rendition-bounds.ts';

/**
 * Drops the renditions of bytes that were replaced, and the presets' around former focal points: these once no URL that was presigned before the image's last
 * change is valid, and before that those beyond the bounds, because changes may follow each other faster than URLs end.
 * Returns when the rest is to be dropped, null if there is none.
 */
export async function dropSupersededRenditions(
  services: Pick<Services, 'images' | 'objects' | 'renditions' | 'imaging' | 'watermarks' | 'clock' | 'settings'>,
  { id, objectKey, uploadedAt }: ReadyImage,
): Promise<Date | null> {
  const { images, objects, renditions, imaging, watermarks, clock, settings } = services;
  const isReplaced = isReplacementKey(objectKey);
  if (isReplaced) await dropFreeOnesBefore(services, { id, uploadedAt });
  if (!isReplaced && !dependsOnFocalPoint(settings.presets)) return null;
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
  const mayBeUsed = !isReplaced && clock.now() < lastUseAt;
  const dropped = (mayBeUsed ? beyondBounds(image, await newestFirst(superseded)) : superseded).map(({ key }) => key);
  await objects.delete(dropped);
  renditions.forget(dropped);
  return mayBeUsed ? lastUseAt : null;
}

/** Their names don't tell of which bytes they are, so one that was made since then stays. */
async function dropFreeOnesBefore(
  { objects, renditions }: Pick<Services, 'objects' | 'renditions'>,
  { id, uploadedAt }: Pick<ReadyImage, 'id' | 'uploadedAt'>,
): Promise<void> {
  const dropped: ObjectKey[] = [];
  for await (const { key, details } of objects.list(renditionKindPrefix(id, 'free')))
    if ((await details()).storedAt < uploadedAt) dropped.push(key);
  await objects.delete(dropped);
  renditions.forget(dropped);
}

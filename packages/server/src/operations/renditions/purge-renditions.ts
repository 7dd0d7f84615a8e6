import { requireChange } from '../../domain/access/access.ts';
import type { Client } from '../../domain/access/client.ts';
import type { Access } from '../../domain/access/policy.ts';
import { describe, type ReadyImage, withWorkingCopy } from '../../domain/image/image.ts';
import { storedKey } from '../../domain/image/object-key.ts';
import { resetRenditionFailures } from '../../domain/image/rendition-failures.ts';
import type { PlannedRendition } from '../../domain/rendition/planned-rendition.ts';
import { presetRenditions } from '../../domain/rendition/preset-renditions.ts';
import { presetNamed } from '../../domain/rendition/presets.ts';
import type { Transform } from '../../domain/rendition/transform.ts';
import type { Services } from '../../services.ts';
import { amendImage } from '../images/amend-image.ts';
import { renditionsOf } from '../images/image-objects.ts';
import { readReadyImage } from '../images/read-image.ts';

/**
 * Removes an image's renditions and its working copy, or the renditions of one preset, and clears their failures: the
 * next request makes them anew. Returns the image and how many renditions there were. Errors: `unknown-preset`,
 * `forbidden`, those of `readReadyImage`, and of `Watermarks.require` for a preset.
 */
export async function purgeRenditions(
  services: Pick<Services, 'images' | 'objects' | 'imaging' | 'watermarks' | 'clock' | 'finalize' | 'settings'>,
  access: Access,
  { id, preset }: { readonly id: string; readonly preset?: string },
  client: Client,
): Promise<{ readonly image: ReadyImage; readonly removed: number }> {
  const transform = preset === undefined ? undefined : presetNamed(services.settings.presets, preset);
  const image = await readReadyImage(services, access, id, client);
  requireChange(access, image);
  const ofPreset =
    transform && (await renditionsOfPreset(services, image, [transform, sharedPreset(services, preset)]));
  const names = ofPreset?.map(({ name }) => name);
  const stored = await renditionsOf(services, image);
  const keys = ofPreset && new Set(ofPreset.map(({ key }) => key));
  const purged = keys ? stored.filter((key) => keys.has(key)) : stored;
  await services.images.getToChange(image.id); // refuses a record of a newer version, whose renditions are that version's
  await services.objects.delete(purged);
  // The image has a new revision from now on: no process trusts its cache of the renditions, and each asks the store.
  const forgotten = (current: ReadyImage) => {
    const withoutFailures = resetRenditionFailures(current, names);
    const withoutCopy = ofPreset ? withoutFailures : withWorkingCopy(withoutFailures, null);
    return describe(withoutCopy, {}, services.clock.now());
  };
  await amendImage(services, image.id, forgotten);
  return { image, removed: purged.filter((key) => storedKey(key)?.kind !== 'working-copy').length };
}

type PresetServices = Pick<Services, 'imaging' | 'watermarks' | 'settings'>;

const sharedPreset = ({ settings }: PresetServices, name = ''): Transform => presetNamed(settings.sharedPresets, name);

async function renditionsOfPreset(
  { watermarks, imaging }: PresetServices,
  image: ReadyImage,
  variants: readonly Transform[],
): Promise<PlannedRendition[]> {
  for (const variant of variants) await watermarks.require(variant);
  return variants.flatMap((variant) => presetRenditions(image, variant, { watermarks, encoder: imaging.encoder }));
}

import { describe, forgiveRenditions, type ReadyImage } from '../domain/image.ts';
import { type Principal, requireChange } from '../domain/principal.ts';
import { amendImage } from './amend-image.ts';
import type { FinalizeServices } from './finalize-upload.ts';
import { presetNamed, presetRenditions } from './preset-renditions.ts';
import { readReadyImage } from './read-image.ts';
import { renditionsOf } from './remove-objects.ts';

/**
 * Removes an image's renditions, or those of one preset, and forgets that any failed: what is asked for again is made anew.
 * Answers how many there were. Errors: `unknown-preset`, `forbidden`, those of `readReadyImage`.
 */
export async function purgeRenditions(
  services: FinalizeServices,
  principal: Principal,
  { id, preset }: { readonly id: string; readonly preset?: string },
): Promise<number> {
  const transform = preset === undefined ? undefined : presetNamed(services, preset);
  const image = await readReadyImage(services, principal, id);
  requireChange(principal, image);
  const variants = transform && presetRenditions(services, image, transform);
  const names = variants?.map(({ name }) => name);
  const stored = await renditionsOf(services, image);
  const purged = variants ? stored.filter((key) => variants.some((one) => one.key === key)) : stored;
  await services.objects.delete(purged);
  // Its revision is another from now on: no process trusts what it remembers of the renditions, and looks at the store.
  const forgiven = (current: ReadyImage) => describe(forgiveRenditions(current, names), {}, services.clock.now());
  await amendImage(services, image.id, forgiven);
  return purged.length;
}

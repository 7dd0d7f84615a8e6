import { forgiveRenditions } from '../domain/image.ts';
import { type Principal, requireChange } from '../domain/principal.ts';
import type { Services } from '../services.ts';
import { amendImage } from './amend-image.ts';
import type { FinalizeServices } from './finalize-upload.ts';
import { presetNamed, presetRenditions } from './preset-renditions.ts';
import { readReadyImage } from './read-image.ts';
import { renditionsOf } from './remove-objects.ts';

export type PurgeServices = FinalizeServices & Pick<Services, 'renditions'>;

/**
 * Removes an image's renditions, or those of one preset, and forgets that any failed: what is asked for again is made anew.
 * Answers how many there were. Errors: `unknown-preset`, `forbidden`, those of `readReadyImage`.
 */
export async function purgeRenditions(
  services: PurgeServices,
  principal: Principal,
  { id, preset }: { readonly id: string; readonly preset?: string },
): Promise<number> {
  const transform = preset === undefined ? undefined : presetNamed(services, preset);
  const image = await readReadyImage(services, principal, id);
  requireChange(principal, image);
  const stored = await renditionsOf(services, image);
  const variants = transform && presetRenditions(services, image, transform);
  const purged = variants ? stored.filter((key) => variants.some((one) => one.key === key)) : stored;
  await services.objects.delete(purged);
  services.renditions.forget(purged);
  await amendImage(services, image.id, (current) =>
    forgiveRenditions(
      current,
      variants?.map(({ name }) => name),
    ),
  );
  return purged.length;
}

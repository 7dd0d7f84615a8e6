import type { Access } from '../../domain/access/policy.ts';
import { AppError } from '../../domain/errors.ts';
import type { Details, Facts } from '../../domain/facts/facts.ts';
import { isStored } from '../../domain/image/image.ts';
import type { Services } from '../../services.ts';
import { visibleImage } from './visible-image.ts';

/**
 * What a picture says about itself, also what its record doesn't have. Errors: `image-not-found`; `image-not-ready` for
 * one whose bytes aren't verified.
 */
export async function readFacts(
  services: Pick<Services, 'images'>,
  access: Access,
  id: string,
): Promise<{ readonly facts: Facts | null; readonly details: Details | null }> {
  const image = await visibleImage(services, access, id);
  if (!isStored(image))
    throw new AppError('image-not-ready', `expected an image whose bytes are verified; got status ${image.status}`, {
      params: { status: image.status },
    });
  return { facts: image.facts, details: await services.images.details(image) };
}

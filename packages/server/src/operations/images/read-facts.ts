import type { Client } from '../../domain/access/client.ts';
import type { Access } from '../../domain/access/policy.ts';
import type { Details, Facts } from '../../domain/facts/facts.ts';
import type { Services } from '../../services.ts';
import { readImage } from './read-image.ts';
import { requireVerified } from './visible-image.ts';

/**
 * What a picture says about itself, also what its record doesn't have. Errors: `image-not-found`; `image-not-ready` for
 * one whose bytes aren't verified.
 */
export async function readFacts(
  services: Pick<Services, 'images' | 'finalize'>,
  access: Access,
  id: string,
  client: Client,
): Promise<{ readonly facts: Facts | null; readonly details: Details | null }> {
  const image = requireVerified(await readImage(services, access, id, client));
  return { facts: image.facts, details: await services.images.details(image) };
}

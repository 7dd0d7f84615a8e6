import type { Access } from '../../domain/access/policy.ts';
import { AppError } from '../../domain/errors.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import { EVERY_ACCEPTED } from '../../domain/rendition/accepted-formats.ts';
import { planRendition } from '../../domain/rendition/plan-rendition.ts';
import { roundedExpiry } from '../../domain/rendition/render-links.ts';
import type { Transform } from '../../domain/rendition/transform.ts';
import type { Services } from '../../services.ts';
import { visibleImage } from '../images/visible-image.ts';

export interface LinkToRenderInput {
  readonly id: string;
  readonly transform: Transform;
  /** null: the link never expires. */
  readonly expiresInSeconds: number | null;
}

export interface RenderLink {
  readonly imageId: ImageId;
  /** Path and query, with the signature. */
  readonly target: string;
  /** null: never. */
  readonly expiresAt: Date | null;
}

type LinkServices = Pick<Services, 'images' | 'renderLinks' | 'watermarks' | 'settings' | 'clock'>;

/**
 * A URL with which anybody can get this transform of an image, which needn't be ready yet. Errors: `image-not-found`,
 * `route-not-found` if only presets are served, `invalid-request` if the transform can't be applied to a ready image;
 * those of `Watermarks.require`.
 */
export async function linkToRender(
  services: LinkServices,
  access: Access,
  { id, transform, expiresInSeconds }: LinkToRenderInput,
): Promise<RenderLink> {
  requireFreeTransforms(services);
  const image = await visibleImage(services, access, id);
  const mark = await services.watermarks.require(transform);
  // Validates the transform only; the accepted formats don't affect validity.
  if (image.status === 'ready') planRendition(image, transform, EVERY_ACCEPTED, mark);
  const expiresAt = expiresInSeconds === null ? null : roundedExpiry(services.clock.now(), expiresInSeconds);
  return { imageId: image.id, target: services.renderLinks.make(image, transform, expiresAt), expiresAt };
}

/** Errors: `route-not-found` if only presets are served. */
export function requireFreeTransforms({ settings }: Pick<Services, 'settings'>): void {
  if (!settings.presetsOnly) return;
  throw new AppError('route-not-found', 'expected a preset, since PRESETS_ONLY is set; got other parameters');
}

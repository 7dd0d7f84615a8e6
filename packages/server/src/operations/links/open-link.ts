import { invalidSignature } from '../../domain/access/seal.ts';
import type { SignedUrl } from '../../domain/access/signed-url.ts';
import { AppError } from '../../domain/errors.ts';
import type { ReadyImage } from '../../domain/image/image.ts';
import type { Transform } from '../../domain/rendition/transform.ts';
import type { Services } from '../../services.ts';

/*
 * One link, `GET /images/{id}/links/{link_id}?exp=...&sig=...`.
 *
 * 1. http/admission/signed-urls.ts verifies the signature, which covers image, link, epoch and expiry, before the
 *    request is counted and before any look-up.
 * 2. This file reads the record, which has the links of the image (domain/image/share-link.ts), and compares the
 *    epoch.
 * 3. http/links/link-answer.ts answers the original or the preset, or redirects to the store for a minute at most.
 *
 * create-link.ts and revoke-link.ts write the record. In one process they take fair turns (flow/turns.ts), so that
 * many at once don't collide.
 */

export interface OpenLinkInput {
  readonly url: SignedUrl;
  readonly linkId: string;
}

export interface OpenedLink {
  readonly image: ReadyImage;
  /** null: the link opens the original. */
  readonly preset: { readonly name: string; readonly transform: Transform } | null;
  readonly expiresAt: Date | null;
}

/**
 * What the signed URL of a link opens, whoever the caller is. A pending image isn't finalized first, since it has no
 * links. Errors, the first that applies: `link-not-found` if there is no such image or link, or the image isn't ready;
 * `signature-invalid` if the URL was revoked; `unknown-preset` if the preset is no longer configured, or the
 * link opens the original where `sharesOriginals` is false.
 */
export async function openLink(
  { images, settings }: Pick<Services, 'images' | 'settings'>,
  { url, linkId }: OpenLinkInput,
): Promise<OpenedLink> {
  const image = await images.get(url.imageId);
  const link = image?.status === 'ready' ? image.links.find((one) => one.id === linkId) : undefined;
  if (image?.status !== 'ready' || !link) throw linkNotFound();
  const { epoch, expiresAt } = url;
  if (epoch !== image.epoch) throw invalidSignature('revoked');
  if (link.preset === null && !settings.sharesOriginals) throw unshownOriginal();
  if (link.preset === null) return { image, preset: null, expiresAt };
  const transform = settings.sharedPresets.get(link.preset);
  // Without the names of other presets: the holder of a link learns nothing but its bytes.
  if (!transform) throw new AppError('unknown-preset', 'expected a preset of this service; got a former one');
  return { image, preset: { name: link.preset, transform }, expiresAt };
}

const unshownOriginal = (): AppError =>
  new AppError(
    'unknown-preset',
    'expected a link to a preset, since shared pictures have a watermark; got the original',
  );

/** One error for every link that opens nothing, so that it doesn't reveal why. */
export const linkNotFound = (): AppError => new AppError('link-not-found', 'Link not found');

import type { Payer } from '../../domain/access/payer.ts';
import type { Access } from '../../domain/access/policy.ts';
import type { SignedLink } from '../../domain/access/signed-url.ts';
import { AppError, invalidField } from '../../domain/errors.ts';
import { withLinks } from '../../domain/image/image.ts';
import { liveLinks, MAX_LINKS, newLinkId, type ShareLink } from '../../domain/image/share-link.ts';
import { presetNamed } from '../../domain/rendition/presets.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import type { Services } from '../../services.ts';
import { changeableImage, ownId } from '../images/visible-image.ts';

export interface CreateLinkInput {
  readonly id: string;
  /** The preset that the link opens; null: the original. */
  readonly preset: string | null;
  readonly expiresInSeconds: number;
  /** Whose turn it takes among the changes of this image's links. */
  readonly payer: Payer;
}

type CreateServices = Pick<Services, 'images' | 'diskSpace' | 'linkTurns' | 'clock' | 'randomBytes' | 'settings'>;

/**
 * Adds a link to a ready image, and drops its expired links. The image's JSON stays the same. Errors: `unknown-preset`,
 * `invalid-request` for the original where `sharesOriginals` is false,
 * `image-not-found`, `forbidden`, `image-not-ready`, `too-many-links`, `insufficient-storage`, `unavailable` if the
 * record keeps changing.
 */
export async function createLink(
  services: CreateServices,
  access: Access,
  { id, preset, expiresInSeconds, payer }: CreateLinkInput,
): Promise<SignedLink> {
  const { images, linkTurns, clock, randomBytes, settings } = services;
  if (preset !== null) presetNamed(settings.presets, preset);
  else if (!settings.sharesOriginals)
    throw invalidField('/what', 'expected preset, since shared pictures have a watermark; got original');
  await services.diskSpace.require(0, 'reserve');
  const linkId = newLinkId(randomBytes);
  const attempt = async () => {
    const image = await changeableImage(services, access, id);
    if (image.status !== 'ready') {
      throw new AppError('image-not-ready', `expected a ready image; got status ${image.status}`, {
        params: { status: image.status },
      });
    }
    const made = image.links.find((one) => one.id === linkId);
    if (made) return { image, link: made }; // the answer to an earlier attempt was lost
    const now = clock.now();
    const links = liveLinks(image.links, now);
    if (links.length >= MAX_LINKS) {
      const detail = `expected fewer than ${MAX_LINKS} links that have not expired; got ${links.length}: revoke one first`;
      throw new AppError('too-many-links', detail, { params: { limit: MAX_LINKS } });
    }
    const link: ShareLink = { id: linkId, preset, createdAt: now, expiresAt: expiryOf(now, expiresInSeconds) };
    return (await images.replace(image, withLinks(image, [...links, link]))) ? { image, link } : CHANGED;
  };
  return linkTurns.take(await ownId(services, id), payer, () => retryWhileChanged(attempt));
}

/** Rounded up to a whole second, because URLs have whole seconds. */
const expiryOf = (now: Date, seconds: number): Date => new Date(Math.ceil(now.getTime() / 1000 + seconds) * 1000);

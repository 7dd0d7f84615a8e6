import { type AlbumLink, type AlbumLinkTerms, urlEndsAt } from '../../domain/album/album-link.ts';
import { invalidField } from '../../domain/errors.ts';
import type { Services } from '../../services.ts';

/** Rounded up to a whole second, because URLs have whole seconds. */
export const expiryOf = (now: Date, seconds: number): Date =>
  new Date(Math.ceil(now.getTime() / 1000 + seconds) * 1000);

/** Whether the link gives files: where shared pictures have a watermark since it was made, none does. */
export const downloadsOf = (
  { settings }: Pick<Services, 'settings'>,
  { allow }: Pick<AlbumLinkTerms, 'allow'>,
): boolean => allow.includes('download') && settings.sharesOriginals;

/** Errors: `invalid-request` for terms that exclude each other, or `given` ones that this service doesn't have. */
export function requireTerms(
  { settings }: Pick<Services, 'settings'>,
  { allow, originals, card, password }: Omit<AlbumLinkTerms, 'expiresAt'>,
  given: Partial<AlbumLinkTerms>,
): void {
  const downloads = allow.includes('download');
  if (downloads && !allow.includes('view'))
    throw invalidField('/allow', 'expected view together with download; got download alone');
  if (downloads && given.allow && !settings.sharesOriginals)
    throw invalidField('/allow', 'expected view alone, since shared pictures have a watermark; got download');
  if (originals && !downloads)
    throw invalidField('/originals', 'expected false without the right to download; got true');
  if (card && password !== null) throw invalidField('/card', 'expected false with a password; got true');
}

/** Errors: `invalid-request` for an end that the link's URL doesn't reach. */
export function requireReached(link: AlbumLink): void {
  const end = urlEndsAt(link);
  if (link.expiresAt <= end) return;
  throw invalidField('/expires_in', `expected an end by ${end.toISOString()}, as the link's URL; got a later one`);
}

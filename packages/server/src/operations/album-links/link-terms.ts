import type { Access } from '../../domain/access/policy.ts';
import {
  type AlbumLink,
  type AlbumLinkTerms,
  type ContributionTerms,
  urlEndsAt,
} from '../../domain/album/album-link.ts';
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
  { principal }: Pick<Access, 'principal'>,
  terms: Omit<AlbumLinkTerms, 'expiresAt'>,
  given: Partial<AlbumLinkTerms>,
): void {
  const { allow, originals, card, password, approve } = terms;
  const downloads = allow.includes('download');
  if (downloads && !allow.includes('view'))
    throw invalidField('/allow', 'expected view together with download; got download alone');
  if (downloads && given.allow && !settings.sharesOriginals)
    throw invalidField('/allow', 'expected view alone, since shared pictures have a watermark; got download');
  if (originals && !downloads)
    throw invalidField('/originals', 'expected false without the right to download; got true');
  const [named] = allow.includes('contribute') ? [] : NAMES.filter(([name]) => isSet(given[name]));
  if (named) throw invalidField(named[1], 'expected contribute in allow with it; got no such right');
  if (approve && given.approve && principal.kind === 'open')
    throw invalidField(
      '/approve',
      'expected a service with AUTH, since without it everybody could decide; got one without',
    );
  if (card && password !== null) throw invalidField('/card', 'expected false with a password; got true');
}

/** What has a meaning only where guests add pictures. */
const NAMES = [
  ['maxImages', '/max_images'],
  ['maxBytes', '/max_bytes'],
  ['contentTypes', '/content_types'],
  ['approve', '/approve'],
] as const satisfies readonly (readonly [keyof ContributionTerms, string])[];

const isSet = (value: unknown): boolean => value !== undefined && value !== null && value !== false;

/** Errors: `invalid-request` for an end that the link's URL doesn't reach. */
export function requireReached(link: AlbumLink): void {
  const end = urlEndsAt(link);
  if (link.expiresAt <= end) return;
  throw invalidField('/expires_in', `expected an end by ${end.toISOString()}, as the link's URL; got a later one`);
}

import type { Payer } from '../../domain/access/payer.ts';
import type { AlbumUrl } from '../../domain/album/album-url.ts';
import { GUEST_PASS_SECONDS, type GuestPass } from '../../domain/album/guest-pass-text.ts';
import { isPassword } from '../../domain/album/password-text.ts';
import { AppError } from '../../domain/errors.ts';
import type { Services } from '../../services.ts';
import { lockedAlbumLink } from './open-album-link.ts';
import { inPasswordTurn } from './password-turn.ts';

export interface UnlockInput {
  readonly url: AlbumUrl;
  readonly password: string;
  readonly guesses: Guesses;
  /** Aborts when the client disconnects. */
  readonly signal: AbortSignal;
}

/** Wrong passwords for one link from one address. */
export interface Guesses {
  readonly address: string;
  /** Counts one as wrong before it is compared. Errors: `rate-limited`. */
  count(): Promise<void>;
  /** It was right. */
  uncount(): Promise<void>;
}

/** A pass ends at one of these, in seconds, so that what is signed until then is the same for many guests. */
const ROUND_SECONDS = 300;

/**
 * A pass for whoever knows the password of a link. Errors: those of `lockedAlbumLink`, `invalid-request` for a link
 * without a password, `rate-limited`, `wrong-password`, `overloaded`.
 */
export async function unlockAlbumLink(
  services: Pick<Services, 'albums' | 'blocked' | 'passwordPlaces' | 'clock'>,
  { url, password, guesses, signal }: UnlockInput,
): Promise<GuestPass> {
  const { albumId, linkId } = url;
  const { album, link } = await lockedAlbumLink(services, url);
  if (link.password === null)
    throw new AppError('invalid-request', 'expected a link with a password; got one that needs none');
  const text = link.password;
  // Owners take turns, whatever number of links they have, and then addresses: who floods one waits for itself.
  const payer: Payer = { by: 'address', account: `guests of user ${album.userId}`, member: guesses.address };
  await inPasswordTurn(services, { payer, signal }, async () => {
    await guesses.count();
    if (await isPassword(password, text)) return guesses.uncount();
    throw new AppError('wrong-password', 'expected the password of this link; got another');
  });
  const roundedMs =
    Math.floor((services.clock.now().getTime() / 1000 + GUEST_PASS_SECONDS) / ROUND_SECONDS) * ROUND_SECONDS * 1000;
  const endsAtMs = Math.min(roundedMs, link.expiresAt.getTime(), url.expiresAt.getTime());
  return { albumId, linkId, linkRevision: link.revision, expiresAt: new Date(endsAtMs) };
}

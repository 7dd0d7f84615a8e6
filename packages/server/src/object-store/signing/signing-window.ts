import { AppError } from '../../domain/errors.ts';
import type { PresignGetOptions } from '../presigner.ts';

/** The moment to sign as of: now, or the begin of the window that now is in. Errors: `internal` for no such window. */
export function signedAsOf(
  now: Date,
  { windowSeconds, expiresInSeconds }: Pick<PresignGetOptions, 'windowSeconds' | 'expiresInSeconds'>,
): Date {
  if (windowSeconds === undefined) return now;
  if (!Number.isInteger(windowSeconds) || windowSeconds < 1 || windowSeconds >= expiresInSeconds)
    throw new AppError('internal', `window: expected 1 to ${expiresInSeconds - 1} whole seconds; got ${windowSeconds}`);
  const windowMs = windowSeconds * 1000;
  return new Date(Math.floor(now.getTime() / windowMs) * windowMs);
}

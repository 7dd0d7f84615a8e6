import { AppError } from '../../domain/errors.ts';
import type { PresignGetOptions } from '../presigner.ts';

/** The signing time: now, or the start of the current window. Errors: `internal` for an invalid window. */
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

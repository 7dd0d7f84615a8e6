import { AppError } from '../../domain/errors.ts';
import type { Services } from '../../services.ts';

/** Errors: `route-not-found` in open mode: everyone may upload, and a token would count once authentication is on. */
export function requireUploadTokens({ settings }: Pick<Services, 'settings'>): void {
  if (settings.authenticates) return;
  throw new AppError('route-not-found', 'expected a service with upload tokens; got one with AUTH=open');
}

import { AppError } from '../../domain/errors.ts';
import type { Services } from '../../services.ts';

/**
 * Errors: `route-not-found` in open mode: a token from then would become a credential when authentication is turned on.
 */
export function requireUploadTokens({ settings }: Pick<Services, 'settings'>): void {
  if (settings.authenticates) return;
  throw new AppError('route-not-found', 'expected a service with upload tokens; got one with AUTH=open');
}

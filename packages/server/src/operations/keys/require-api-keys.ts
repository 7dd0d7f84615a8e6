import { AppError } from '../../domain/errors.ts';
import type { Services } from '../../services.ts';

/**
 * Errors: `route-not-found` unless `AUTH` has `api-key`: nobody could use a key, and in open mode anyone could make
 * one.
 */
export function requireApiKeys({ settings }: Pick<Services, 'settings'>): void {
  if (settings.acceptsApiKeys) return;
  throw new AppError('route-not-found', 'expected a service with API keys; got one whose AUTH lacks api-key');
}

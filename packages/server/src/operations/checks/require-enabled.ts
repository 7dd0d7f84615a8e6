import { AppError } from '../../domain/errors.ts';
import type { EventServices, Services } from '../../services.ts';

/** Errors: `route-not-found` unless `USAGE` is on. */
export function requireCounting({ settings }: Pick<Services, 'settings'>): void {
  if (settings.countsUsage) return;
  throw new AppError('route-not-found', 'expected a service that counts usage; got one without USAGE=on');
}

/**
 * Errors: `route-not-found` in open mode: a token from then would become a credential when authentication is turned on.
 */
export const requireUploadTokens = (services: Pick<Services, 'settings'>): void =>
  requireTokens(services, 'upload tokens');

/** Errors: those of `requireUploadTokens`, for the same reason. */
export const requireViewTokens = (services: Pick<Services, 'settings'>): void => requireTokens(services, 'view tokens');

function requireTokens({ settings }: Pick<Services, 'settings'>, what: string): void {
  if (settings.authenticates) return;
  throw new AppError('route-not-found', `expected a service with ${what}; got one with AUTH=open`);
}

/**
 * Errors: `route-not-found` unless `AUTH` has `api-key`: nobody could use a key, and in open mode anyone could make
 * one.
 */
export function requireApiKeys({ settings }: Pick<Services, 'settings'>): void {
  if (settings.acceptsApiKeys) return;
  throw new AppError('route-not-found', 'expected a service with API keys; got one whose AUTH lacks api-key');
}

/**
 * Errors: `route-not-found` if EVENTS is off, and in open mode: a stranger's webhook would outlive closing the service.
 */
export function requireWebhooks({ events, settings }: Pick<Services, 'events' | 'settings'>): EventServices {
  if (events && settings.authenticates) return events;
  const missing = [events ? '' : 'EVENTS=on', settings.authenticates ? '' : 'AUTH'].filter((one) => one !== '');
  throw new AppError('route-not-found', `expected a service with webhooks; got one without ${missing.join(' and ')}`);
}

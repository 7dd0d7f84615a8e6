import { AppError } from '../../domain/errors.ts';
import type { EventServices, Services } from '../../services.ts';

/**
 * Errors: `route-not-found` if EVENTS is off, and in open mode: a stranger's webhook would outlive closing the service.
 */
export function requireWebhooks({ events, settings }: Pick<Services, 'events' | 'settings'>): EventServices {
  if (!events) throw new AppError('route-not-found', 'expected a service with events; got one whose EVENTS is off');
  if (settings.authenticates) return events;
  throw new AppError('route-not-found', 'expected a service that knows its callers; got one without AUTH');
}

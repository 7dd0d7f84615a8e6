import { AppError } from '../../domain/errors.ts';
import type { Services } from '../../services.ts';

/** Errors: `route-not-found` unless `USAGE` is on. */
export function requireCounting({ settings }: Pick<Services, 'settings'>): void {
  if (settings.countsUsage) return;
  throw new AppError('route-not-found', 'expected a service that counts usage; got one without USAGE=on');
}

import { AppError } from '../../domain/errors.ts';

/** One answer for all links that open nothing, so that it doesn't tell why. */
export const linkNotFound = (): AppError => new AppError('link-not-found', 'Link not found');

import { AppError } from '../../domain/errors.ts';

/** One error for every link that opens nothing, so that it doesn't reveal why. */
export const linkNotFound = (): AppError => new AppError('link-not-found', 'Link not found');

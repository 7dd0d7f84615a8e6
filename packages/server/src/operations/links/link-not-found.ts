import { AppError } from '../../domain/errors.ts';

/** The same for every link that opens nothing, so that it doesn't tell why. */
export const linkNotFound = (): AppError => new AppError('link-not-found', 'Link not found');

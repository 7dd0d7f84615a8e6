import { AppError } from '../../domain/errors.ts';
import type { Services } from '../../services.ts';

/** `expected`: what the service can be asked for instead, and what came. Errors: `search-unsupported`. */
export function requireSearch({ images }: Pick<Services, 'images'>, expected: string): void {
  if (!images.searches) throw new AppError('search-unsupported', `expected ${expected}`);
}

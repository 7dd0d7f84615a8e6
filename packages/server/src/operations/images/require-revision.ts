import { AppError } from '../../domain/errors.ts';
import type { LiveImage } from '../../domain/image/image.ts';

/** `expected`: undefined: any. Errors: `revision-conflict`. */
export function requireRevision({ revision }: LiveImage, expected: readonly number[] | undefined): void {
  if (!expected || expected.includes(revision)) return;
  const named = expected.map((one) => `"${one}"`).join(', ') || 'another';
  throw new AppError('revision-conflict', `expected revision ${named}; got revision "${revision}"`, {
    params: { revision },
  });
}

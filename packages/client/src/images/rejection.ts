import { type SafelightCode, SafelightError } from '../errors.ts';
import type { Image } from './image.ts';

/** Why the service refused the bytes of this image, for `explain`; undefined if it didn't. */
export function rejectionOf({ rejection }: Pick<Image, 'rejection'>): SafelightError | undefined {
  const { code, detail, params } = Object(rejection) as Partial<NonNullable<Image['rejection']>>;
  if (typeof code !== 'string' || typeof detail !== 'string') return undefined;
  return new SafelightError(code as SafelightCode, detail, { params });
}

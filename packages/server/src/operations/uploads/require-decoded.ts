import { AppError } from '../../domain/errors.ts';
import { acceptedType } from '../../domain/image/media-type.ts';
import { refuseUndecoded } from '../../domain/image/undecoded-type.ts';
import type { Services } from '../../services.ts';

/** Errors: `unsupported-type`, if this service doesn't decode a type that others accept. */
export function requireDecoded({ maxPixels }: Pick<Services['settings'], 'maxPixels'>, contentType: string): void {
  const type = acceptedType(contentType);
  const refusal = type && refuseUndecoded(type, maxPixels);
  if (refusal) throw new AppError('unsupported-type', refusal.detail, { params: refusal.params });
}

import { AppError } from '../../domain/errors.ts';
import { acceptedType, MEDIA_TYPES } from '../../domain/image/media-type.ts';
import { describeUndecoded } from '../../domain/image/other-formats.ts';
import type { Services } from '../../services.ts';

/** Errors: `unsupported-type`, if this service doesn't decode a type that others accept (DECODE_HEIC). */
export function requireDecoded({ maxPixels }: Pick<Services['settings'], 'maxPixels'>, contentType: string): void {
  const type = acceptedType(contentType);
  if (type === undefined || maxPixels[type] > 0) return;
  const formats = MEDIA_TYPES.filter((one) => maxPixels[one] > 0);
  throw new AppError('unsupported-type', `expected one of ${formats.join(', ')}; got ${describeUndecoded(type)}`, {
    params: { formats, got: type },
  });
}

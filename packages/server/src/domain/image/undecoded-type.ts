import type { Rejection } from './image.ts';
import { decodedTypes, type MaxPixels, type MediaType } from './media-type.ts';

/**
 * The refusal of a type that this service is set not to decode, or lacks a package for (DECODE_HEIC); undefined if it
 * decodes it.
 */
export function refuseUndecoded(type: MediaType, maxPixels: MaxPixels): Rejection | undefined {
  if (maxPixels[type] > 0) return undefined;
  const formats = decodedTypes(maxPixels);
  const got = `${type}, which this service doesn't decode: convert it to JPEG or AVIF`;
  return {
    code: 'unsupported-type',
    detail: `expected one of ${formats.join(', ')}; got ${got}`,
    params: { formats, got: type },
  };
}

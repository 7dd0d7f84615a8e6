import { REJECTION_CODES, type RejectionCode } from '../domain/errors.ts';
import type { Image, RenditionFailure } from '../domain/image/image.ts';
import { type ImageId, parseImageId } from '../domain/image/image-id.ts';
import { MEDIA_TYPES, type MediaType } from '../domain/image/media-type.ts';
import { shown } from '../text/preview.ts';

/** Parse the values of a stored record, whatever the store. Errors: TypeError, whose message holds no client text. */
export const storedId = (id: string): ImageId => parseImageId(id) ?? unexpected('an image id');

export const storedInteger = (value: number): number =>
  Number.isSafeInteger(value) ? value : unexpected('an integer');

export function storedTime(milliseconds: number): Date {
  const time = new Date(milliseconds);
  return Number.isNaN(time.getTime()) ? unexpected('a time') : time;
}

export const storedMediaType = (type: string): MediaType =>
  MEDIA_TYPES.find((accepted) => accepted === type) ?? unexpected('an accepted media type', shown(type));

export const storedRejectionCode = (code: string): RejectionCode =>
  REJECTION_CODES.find((known) => known === (RENAMED_CODES.get(code) ?? code)) ??
  unexpected('a rejection code', shown(code));

/** Records that an earlier version wrote keep the former code until they are removed. */
const RENAMED_CODES: ReadonlyMap<string, RejectionCode> = new Map([['other-bytes', 'content-mismatch']]);

export const storedTags = (json: string): readonly string[] => {
  const tags = parsed(json);
  return isArrayOf(tags, (tag) => typeof tag === 'string') ? tags : unexpected('tags');
};

export const storedMetadata = (json: string): Image['metadata'] => {
  const metadata = parsed(json);
  return isObject(metadata) ? (metadata as Image['metadata']) : unexpected('metadata');
};

export const storedFailures = (json: string): readonly RenditionFailure[] => {
  const failures = parsed(json);
  return isArrayOf(failures, isFailure) ? failures : unexpected('failures of renditions');
};

const isFailure = (value: unknown): value is RenditionFailure =>
  isObject(value) &&
  typeof value['rendition'] === 'string' &&
  typeof value['strikes'] === 'number' &&
  typeof value['detail'] === 'string' &&
  typeof value['struckAt'] === 'string';

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isArrayOf = <Element>(value: unknown, isOne: (one: unknown) => one is Element): value is Element[] =>
  Array.isArray(value) && value.every(isOne);

const parsed = (json: string): unknown => {
  try {
    return JSON.parse(json);
  } catch {
    return unexpected('JSON'); // the parser's own message repeats a part of the text
  }
};

const unexpected = (expected: string, got = 'something else'): never => {
  throw new TypeError(`expected ${expected}; got ${got}`);
};

import { preview } from '../text/preview.ts';
import { AppError } from './errors.ts';
import type { Image } from './image/image.ts';

/** The longest external id, in bytes of UTF-8. */
export const MAX_EXTERNAL_ID_BYTES = 200;
/** Longer texts aren't encoded to count their bytes. */
const COUNTED_LENGTH = 8 * MAX_EXTERNAL_ID_BYTES;

const OUTER_SPACE = /^\s|\s$/u;

/**
 * Why a text is no external id; undefined: it is one. Transports strip white space at the ends and put U+FFFD for
 * invalid bytes: with either, two texts would be one id. Ids are compared by code unit.
 */
export function externalIdFault(text: string): string | undefined {
  if (text === '') return 'expected an external_id of at least 1 character; got none';
  const bytes = text.length > COUNTED_LENGTH ? undefined : Buffer.byteLength(text);
  if (bytes === undefined || bytes > MAX_EXTERNAL_ID_BYTES)
    return `expected at most ${MAX_EXTERNAL_ID_BYTES} bytes of UTF-8; got ${bytes ?? 'more'}`;
  const isDamaged = !text.isWellFormed() || text.includes('\ufffd');
  if (isDamaged) return `expected an external_id in valid Unicode; got ${preview(text)}`;
  if (/\p{Cc}/u.test(text)) return `expected no control characters; got ${preview(text)}`;
  if (OUTER_SPACE.test(text)) return `expected an external_id without white space at its ends; got ${preview(text)}`;
  return undefined;
}

const EXPECTED = 'expected an external_id that no other image of the user has; got';

/** The error that names the image which has the id. */
export const externalIdTaken = (externalId: string, { id, status }: Pick<Image, 'id' | 'status'>): AppError => {
  const holder =
    status === 'trashed'
      ? `which image ${id} in the trash has: delete or restore that one`
      : `which the ${status} image ${id} has`;
  const detail = `${EXPECTED} ${preview(externalId)}, ${holder}`;
  const errors = [{ pointer: '/external_id', detail }];
  return new AppError('external-id-taken', detail, { errors, params: { image_id: id, status } });
};

/** Names no image, for a caller that may not see it. */
export const externalIdTakenByAnother = (externalId: string): AppError => {
  const detail = `${EXPECTED} ${preview(externalId)}, which another image has`;
  return new AppError('external-id-taken', detail, { errors: [{ pointer: '/external_id', detail }] });
};

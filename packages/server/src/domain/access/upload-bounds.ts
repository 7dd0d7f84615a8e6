import { type FieldError, invalidFields } from '../errors.ts';
import type { Json, UploadDescription } from '../image/image.ts';
import { parseImageId } from '../image/image-id.ts';
import { acceptedType, maxBytesOf } from '../image/media-type.ts';
import { isSameJson } from '../image/same-json.ts';
import type { FixedFields, UploadRight } from './upload-token.ts';

/** The fields of an upload that its token bounds, besides the size. */
interface BoundedUpload extends Pick<UploadDescription, (typeof FIXED)[number]> {
  readonly contentType: string;
  /** The id of the picture in whose place the bytes are to be; undefined: they are one of their own. */
  readonly replaces?: string | undefined;
}

/** The smaller one of the service's limit and that of the upload token, in bytes. */
export const maxBytesWithin = (maxBytes: number, token: Pick<UploadRight, 'maxBytes'> | null | undefined): number =>
  Math.min(maxBytes, token?.maxBytes ?? maxBytes);

/** Likewise, and no more than a file of the type may have. */
export const maxBytesOfUpload = (
  maxBytes: number,
  {
    contentType,
    token,
  }: { readonly contentType: string; readonly token: Pick<UploadRight, 'maxBytes'> | null | undefined },
): number => Math.min(maxBytesWithin(maxBytes, token), maxBytesOf(contentType));

/**
 * Errors: `invalid-request`, which names each field with another value than the token fixes, and a type that it doesn't
 * permit.
 */
export function requireWithin(token: UploadRight | undefined, upload: BoundedUpload): void {
  if (!token) return;
  const errors = [...typeFaults(token, upload), ...fixedFaults(token, upload)];
  if (errors.length > 0) {
    const [one, ...others] = typeFaults(token, upload);
    const isOfType = one !== undefined && others.length === 0 && errors.length === 1;
    const params = isOfType ? { formats: token.contentTypes ?? [], got: upload.contentType } : undefined;
    throw invalidFields(errors, 'invalid-request', { params });
  }
}

const FIXED = ['tags', 'metadata', 'visibility', 'externalId'] as const satisfies readonly (keyof FixedFields)[];

function typeFaults({ contentTypes }: UploadRight, { contentType }: BoundedUpload): readonly FieldError[] {
  const type = acceptedType(contentType);
  if (contentTypes === null || (type && contentTypes.includes(type))) return [];
  const detail = `expected a type that is permitted here, ${contentTypes.join(' or ')}; got ${contentType}`;
  return [{ pointer: '/content_type', detail }];
}

/** A picture keeps its own fields when its bytes are replaced, and the policy decides whose may be. */
function fixedFaults({ fixed }: UploadRight, upload: BoundedUpload): readonly FieldError[] {
  if (fixed.replaces !== undefined)
    return parseImageId(upload.replaces ?? '') === fixed.replaces ? [] : [fixedFault('replaces')];
  if (upload.replaces !== undefined) return [];
  return FIXED.filter((name) => {
    const value: Json | undefined = fixed[name];
    return value !== undefined && !isSameJson(value, upload[name]);
  }).map((name) => fixedFault(name === 'externalId' ? 'external_id' : name));
}

const fixedFault = (name: string): FieldError => ({
  pointer: `/${name}`,
  detail: `expected no ${name}, or the value that the upload token fixes; got another`,
});

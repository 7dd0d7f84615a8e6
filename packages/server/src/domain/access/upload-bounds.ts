import { type FieldError, invalidFields } from '../errors.ts';
import type { Json, UploadDescription } from '../image/image.ts';
import { acceptedType } from '../image/media-type.ts';
import { isSameJson } from '../image/same-json.ts';
import type { FixedFields, UploadRight } from './upload-token.ts';

/** The fields of an upload that its token bounds, besides the size. */
interface BoundedUpload extends Pick<UploadDescription, keyof FixedFields> {
  readonly contentType: string;
}

/** The smaller one of the service's limit and that of the upload token, in bytes. */
export const maxBytesWithin = (maxBytes: number, token: Pick<UploadRight, 'maxBytes'> | null | undefined): number =>
  Math.min(maxBytes, token?.maxBytes ?? maxBytes);

/**
 * Errors: `invalid-request`, which names each field with another value than the token fixes, and a type that it doesn't
 * permit.
 */
export function requireWithin(token: UploadRight | undefined, upload: BoundedUpload): void {
  if (!token) return;
  const errors = [...typeFaults(token, upload), ...FIXED.flatMap((name) => fixedFaults(name, token.fixed, upload))];
  if (errors.length > 0) {
    const [one, ...others] = typeFaults(token, upload);
    const isOfType = one !== undefined && others.length === 0 && errors.length === 1;
    const params = isOfType ? { formats: token.contentTypes ?? [], got: upload.contentType } : undefined;
    throw invalidFields(errors, 'invalid-request', { params });
  }
}

const FIXED = ['tags', 'metadata', 'visibility'] as const satisfies readonly (keyof FixedFields)[];

function typeFaults({ contentTypes }: UploadRight, { contentType }: BoundedUpload): readonly FieldError[] {
  const type = acceptedType(contentType);
  if (contentTypes === null || (type && contentTypes.includes(type))) return [];
  const detail = `expected a type that is permitted here, ${contentTypes.join(' or ')}; got ${contentType}`;
  return [{ pointer: '/content_type', detail }];
}

function fixedFaults(name: keyof FixedFields, fixed: FixedFields, upload: BoundedUpload): readonly FieldError[] {
  const value: Json | undefined = fixed[name];
  if (value === undefined || isSameJson(value, upload[name])) return [];
  return [
    { pointer: `/${name}`, detail: `expected no ${name}, or the value that the upload token fixes; got another` },
  ];
}

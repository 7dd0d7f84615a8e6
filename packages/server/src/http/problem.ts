import type { AppError, ErrorCode } from '../domain/errors.ts';

/** Every code's status (RFC 9457) and title; docs/problems.md has an entry for each. */
export const PROBLEMS = {
  'invalid-request': { status: 400, title: 'A field or parameter is not as expected' },
  'malformed-body': { status: 400, title: 'The body cannot be read' },
  'unsupported-body': { status: 400, title: 'Not one of the forms of an upload' },
  'invalid-cursor': { status: 400, title: 'Not a cursor of this list' },
  'body-interrupted': { status: 400, title: 'The body ended too early' },
  'empty-upload': { status: 400, title: 'Nothing was sent' },
  'upload-too-large': { status: 400, title: 'The upload is too large' },
  'unsupported-type': { status: 400, title: 'Not an accepted image type' },
  'type-mismatch': { status: 400, title: 'The bytes are not of the declared type' },
  'other-bytes': { status: 400, title: 'Not the bytes that were announced' },
  'unreadable-image': { status: 400, title: 'The image is broken or cut short' },
  'too-many-pixels': { status: 400, title: 'The image has too many pixels' },
  'processing-failed': { status: 400, title: 'The image could not be examined' },
  'rendition-failed': { status: 400, title: 'This cannot be made of the image' },
  forbidden: { status: 403, title: 'Not yours' },
  'signature-invalid': { status: 403, title: 'Not a URL that we signed' },
  'origin-not-allowed': { status: 403, title: 'Not from this web page' },
  'forwarded-request': { status: 403, title: 'Not through a proxy' },
  'image-not-found': { status: 404, title: 'No such image' },
  'unknown-preset': { status: 404, title: 'No such preset' },
  'route-not-found': { status: 404, title: 'No such route' },
  'method-not-allowed': { status: 405, title: 'Not with this method' },
  'image-not-ready': { status: 409, title: 'The image is not ready' },
  'upload-missing': { status: 409, title: 'Nothing was uploaded' },
  'idempotency-conflict': { status: 409, title: 'The key stands for another upload' },
  'idempotency-in-progress': { status: 409, title: 'The upload of this key is under way' },
  'link-expired': { status: 410, title: 'The URL has ended' },
  'revision-conflict': { status: 412, title: 'The image has changed' },
  'range-not-satisfiable': { status: 416, title: 'Beyond the end' },
  'misdirected-host': { status: 421, title: 'Not under this host name' },
  overloaded: { status: 429, title: 'Too much at once' },
  internal: { status: 500, title: 'A fault of the service' },
  'decoder-failed': { status: 503, title: 'The image could not be examined now' },
  unavailable: { status: 503, title: 'Try again later' },
  'insufficient-storage': { status: 507, title: 'No room left' },
} as const satisfies Record<ErrorCode, { status: number; title: string }>;

/** Characters of an answer's sentence: all that the service says by itself fits, and no text of a client's comes back whole. */
const MAX_DETAIL_LENGTH = 8_192;
const bounded = (detail: string): string =>
  detail.length > MAX_DETAIL_LENGTH ? `${detail.slice(0, MAX_DETAIL_LENGTH)}...` : detail;

export const toProblem = (error: Pick<AppError, 'code' | 'detail' | 'errors'>, requestId: string) => ({
  type: `/docs/problems#${error.code}`,
  ...PROBLEMS[error.code],
  detail: bounded(error.detail),
  code: error.code,
  request_id: requestId,
  ...(error.errors.length > 0 && { errors: error.errors }),
});

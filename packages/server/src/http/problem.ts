import type { AppError, ErrorCode } from '../domain/errors.ts';
import { soundParams } from '../domain/params-by-code.ts';

/** The status (RFC 9457) and title of every code. docs/problems.md has an entry for each. */
export const PROBLEMS = {
  'invalid-request': { status: 400, title: 'Invalid request' },
  'malformed-body': { status: 400, title: 'Malformed body' },
  'unsupported-body': { status: 400, title: 'Unsupported body' },
  'invalid-cursor': { status: 400, title: 'Invalid cursor' },
  'search-unsupported': { status: 400, title: 'Search unsupported' },
  'body-interrupted': { status: 400, title: 'Interrupted body' },
  'empty-upload': { status: 400, title: 'Empty upload' },
  'upload-too-large': { status: 400, title: 'Upload too large' },
  'unsupported-type': { status: 400, title: 'Unsupported image type' },
  'type-mismatch': { status: 400, title: 'Image type mismatch' },
  'content-mismatch': { status: 400, title: 'Content mismatch' },
  'unreadable-image': { status: 400, title: 'Unreadable image' },
  'too-many-pixels': { status: 400, title: 'Image limits exceeded' },
  'processing-failed': { status: 400, title: 'Processing failure' },
  'refused-by-gate': { status: 400, title: 'Refused image' },
  'fetch-failed': { status: 400, title: 'Failed fetch' },
  'rendition-failed': { status: 400, title: 'Rendition failure' },
  unauthenticated: { status: 401, title: 'Credential required' },
  'password-required': { status: 401, title: 'Password required' },
  'wrong-password': { status: 403, title: 'Wrong password' },
  forbidden: { status: 403, title: 'Permission denied' },
  'missing-scope': { status: 403, title: 'Missing scope' },
  'signature-invalid': { status: 403, title: 'Invalid signature' },
  'upload-token-used-up': { status: 403, title: 'Upload token used up' },
  'quota-exceeded': { status: 403, title: 'Quota exceeded' },
  'user-erased': { status: 403, title: 'Erased user' },
  'origin-not-allowed': { status: 403, title: 'Origin not allowed' },
  'forwarded-request': { status: 403, title: 'Forwarded request' },
  'origin-secret-required': { status: 403, title: 'Origin secret required' },
  'image-not-found': { status: 404, title: 'Image not found' },
  'user-not-found': { status: 404, title: 'User not found' },
  'key-not-found': { status: 404, title: 'API key not found' },
  'webhook-not-found': { status: 404, title: 'Webhook not found' },
  'album-not-found': { status: 404, title: 'Album not found' },
  'link-not-found': { status: 404, title: 'Link not found' },
  'unknown-preset': { status: 404, title: 'Unknown preset' },
  'route-not-found': { status: 404, title: 'Route not found' },
  'method-not-allowed': { status: 405, title: 'Method not allowed' },
  'image-not-ready': { status: 409, title: 'Image not ready' },
  'album-full': { status: 409, title: 'Album full' },
  'too-many-links': { status: 409, title: 'Too many links' },
  'too-many-webhooks': { status: 409, title: 'Too many webhooks' },
  'upload-missing': { status: 409, title: 'Upload missing' },
  'already-decided': { status: 409, title: 'Image already decided' },
  'not-awaited': { status: 409, title: 'Decision not awaited' },
  'key-already-rotated': { status: 409, title: 'API key already rotated' },
  'idempotency-conflict': { status: 409, title: 'Idempotency-Key conflict' },
  'idempotency-in-progress': { status: 409, title: 'Idempotency-Key in use' },
  'external-id-taken': { status: 409, title: 'External id in use' },
  'former-id-taken': { status: 409, title: 'Former id in use' },
  'link-expired': { status: 410, title: 'Expired URL' },
  'cursor-expired': { status: 410, title: 'Expired cursor' },
  'revision-conflict': { status: 412, title: 'Precondition failed' },
  'range-not-satisfiable': { status: 416, title: 'Range not satisfiable' },
  'misdirected-host': { status: 421, title: 'Misdirected request' },
  overloaded: { status: 429, title: 'Too many requests' },
  'rate-limited': { status: 429, title: 'Rate limit exceeded' },
  'original-lost': { status: 500, title: 'Original lost' },
  internal: { status: 500, title: 'Internal error' },
  'decoder-failed': { status: 503, title: 'Decoder failure' },
  unavailable: { status: 503, title: 'Service unavailable' },
  'insufficient-storage': { status: 507, title: 'Insufficient storage' },
} as const satisfies Record<ErrorCode, { status: number; title: string }>;

/** Statuses of temporary problems, whose answers all have Retry-After. */
export const RETRIABLE: readonly number[] = [429, 503];

/** Characters of a detail. The service's own sentences fit; a client's long text is truncated. */
const MAX_DETAIL_LENGTH = 8_192;
const bounded = (detail: string): string =>
  detail.length > MAX_DETAIL_LENGTH ? `${detail.slice(0, MAX_DETAIL_LENGTH)}...` : detail;

export const toProblem = (
  error: Pick<AppError, 'code' | 'detail' | 'errors'> & Partial<Pick<AppError, 'params' | 'quota' | 'policy'>>,
  requestId: string,
) => {
  const detail = bounded(error.detail);
  const params = soundParams(error.code, error.params);
  return {
    type: `/docs/problems#${error.code}`,
    ...PROBLEMS[error.code],
    detail,
    error: detail, // two of the earlier services called it so
    code: error.code,
    request_id: requestId,
    ...(params && { params }),
    ...(error.quota && { quota: error.quota }),
    ...(error.policy !== undefined && { policy: error.policy }),
    ...(error.errors.length > 0 && { errors: error.errors }),
  };
};

import type { ProblemParams } from './problem-params.ts';
import type { QuotaFault } from './usage/quota-fault.ts';

/** The reasons for a rejection. They are recorded on the image, so a new one needs a new version of records. */
export const REJECTION_CODES = [
  'empty-upload',
  'upload-too-large',
  'unsupported-type',
  'type-mismatch',
  'content-mismatch',
  'unreadable-image',
  'too-many-pixels',
  'processing-failed',
  'refused-by-gate',
  'fetch-failed',
] as const;
export type RejectionCode = (typeof REJECTION_CODES)[number];

export const ERROR_CODES = [
  ...REJECTION_CODES,
  'invalid-request',
  'malformed-body',
  'unsupported-body',
  'invalid-cursor',
  'cursor-expired',
  'search-unsupported',
  'body-interrupted',
  'unauthenticated',
  'password-required',
  'wrong-password',
  'forbidden',
  'missing-scope',
  'signature-invalid',
  'link-expired',
  'upload-token-used-up',
  'quota-exceeded',
  'user-erased',
  'user-not-found',
  'origin-not-allowed',
  'forwarded-request',
  'origin-secret-required',
  'misdirected-host',
  'image-not-found',
  'key-not-found',
  'key-already-rotated',
  'webhook-not-found',
  'too-many-webhooks',
  'album-not-found',
  'link-not-found',
  'too-many-links',
  'album-full',
  'unknown-preset',
  'route-not-found',
  'method-not-allowed',
  'image-not-ready',
  'upload-missing',
  'already-decided',
  'not-awaited',
  'rendition-failed',
  'revision-conflict',
  'external-id-taken',
  'former-id-taken',
  'idempotency-conflict',
  'idempotency-in-progress',
  'range-not-satisfiable',
  'overloaded',
  'rate-limited',
  'decoder-failed',
  'unavailable',
  'insufficient-storage',
  'original-lost',
  'internal',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** The location of an invalid value: a JSON pointer (RFC 6901) in a body, `?name`, or a header's name. */
export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

export interface AppErrorOptions {
  readonly cause?: unknown;
  readonly errors?: readonly FieldError[];
  readonly retryAfterSeconds?: number;
  /** The rate limit that is used up. */
  readonly policy?: string;
  /** A fixed word for the log, of which the caller isn't told. */
  readonly reason?: string;
  /** The values that `detail` says in words (`PROBLEM_PARAMS`): safe to show, as `detail` is. */
  readonly params?: ProblemParams | undefined;
  /** What an upload would exceed. */
  readonly quota?: QuotaFault;
  /** A newer version of the service owns the record. The store itself works. */
  readonly isOfNewerVersion?: boolean;
  /** No fault: the service keeps the last of its disk free, or the rows of a new filter are being written. */
  readonly isExpected?: boolean;
  /** The store has met bytes of its own that can't be right. Other calls of it work. */
  readonly isDamage?: boolean;
}

/** The error of bytes beyond a limit. `got`: their number, if it is known. */
export const uploadTooLarge = (maxBytes: number, got: number | 'more', options: AppErrorOptions = {}): AppError =>
  new AppError('upload-too-large', `expected at most ${maxBytes} bytes; got ${got}`, {
    ...options,
    params: { limit_bytes: maxBytes, ...(got !== 'more' && { got_bytes: got }) },
  });

/** The error of one image more than `limit`, or of an image in one album more. */
export const albumFull = (detail: string, limit: number): AppError =>
  new AppError('album-full', detail, { params: { limit } });

export const albumNotFound = (): AppError => new AppError('album-not-found', 'Album not found');

/** The only error that the service throws on purpose. `detail` is for the caller, `cause` for the log. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly errors: readonly FieldError[];
  readonly retryAfterSeconds: number | undefined;
  readonly policy: string | undefined;
  readonly reason: string | undefined;
  readonly params: ProblemParams | undefined;
  readonly quota: QuotaFault | undefined;
  readonly isOfNewerVersion: boolean;
  readonly isExpected: boolean;
  readonly isDamage: boolean;

  constructor(code: ErrorCode, detail: string, options: AppErrorOptions = {}) {
    super(`${code}: ${detail}`, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = 'AppError';
    this.code = code;
    this.detail = detail;
    this.errors = options.errors ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.policy = options.policy;
    this.reason = options.reason;
    this.params = options.params;
    this.quota = options.quota;
    this.isOfNewerVersion = options.isOfNewerVersion ?? false;
    this.isExpected = options.isExpected ?? false;
    this.isDamage = options.isDamage ?? false;
  }
}

/** The caller of a faulty service gets only this; its cause is for the log. */
export const internalFault = (cause: unknown): AppError =>
  new AppError('internal', 'Internal error; the log has its cause under this request_id', { cause });

/** An error for one invalid field. `detail`: `expected X; got Y`. */
export const invalidField = (pointer: string, detail: string, params?: ProblemParams): AppError =>
  invalidFields([{ pointer, detail }], 'invalid-request', { params });

export function invalidFields(
  fields: readonly FieldError[],
  code: ErrorCode = 'invalid-request',
  options: Omit<AppErrorOptions, 'errors'> = {},
): AppError {
  const errors = fields.map(({ pointer, detail }) => ({ pointer: shortened(pointer), detail }));
  const detail = errors.map((one) => `${one.pointer || 'body'}: ${one.detail}`).join('. ');
  return new AppError(code, detail, { ...options, errors });
}

/** A client's field name may have a megabyte. */
const MAX_POINTER_LENGTH = 200;
const shortened = (pointer: string): string =>
  pointer.length > MAX_POINTER_LENGTH ? `${pointer.slice(0, MAX_POINTER_LENGTH)}...` : pointer;

/** Errors that no change of the request would avoid. */
const SERVICE_FAULTS: readonly ErrorCode[] = [
  'decoder-failed',
  'unavailable',
  'insufficient-storage',
  'original-lost',
  'internal',
];

export const isServiceFault = (error: unknown): boolean =>
  !(error instanceof AppError) || SERVICE_FAULTS.includes(error.code);

/** Whether a retry may succeed without any change. */
export const isTransient = (error: unknown): boolean =>
  isServiceFault(error) || (error instanceof AppError && error.code === 'overloaded');

/** The image is gone, nothing was uploaded, or its record says when to retry. */
const FINAL_FOR_JOB: readonly ErrorCode[] = ['image-not-found', 'upload-missing', 'decoder-failed'];

/** Whether another attempt at the job can't succeed. */
export const isFinalForJob = (error: unknown): boolean =>
  error instanceof AppError && FINAL_FOR_JOB.includes(error.code);

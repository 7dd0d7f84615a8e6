/** Why bytes were refused: these are also recorded on a rejected image, so another one takes a new version of records. */
export const REJECTION_CODES = [
  'empty-upload',
  'upload-too-large',
  'unsupported-type',
  'type-mismatch',
  'other-bytes',
  'unreadable-image',
  'too-many-pixels',
  'processing-failed',
] as const;
export type RejectionCode = (typeof REJECTION_CODES)[number];

export type ErrorCode =
  | RejectionCode
  | 'invalid-request'
  | 'malformed-body'
  | 'unsupported-body'
  | 'invalid-cursor'
  | 'body-interrupted'
  | 'forbidden'
  | 'signature-invalid'
  | 'link-expired'
  | 'origin-not-allowed'
  | 'forwarded-request'
  | 'misdirected-host'
  | 'image-not-found'
  | 'unknown-preset'
  | 'route-not-found'
  | 'method-not-allowed'
  | 'image-not-ready'
  | 'upload-missing'
  | 'rendition-failed'
  | 'revision-conflict'
  | 'idempotency-conflict'
  | 'idempotency-in-progress'
  | 'range-not-satisfiable'
  | 'overloaded'
  | 'decoder-failed'
  | 'unavailable'
  | 'insufficient-storage'
  | 'internal';

/** Where in the input something is wrong: a JSON pointer (RFC 6901) for a body, `?name` or a header's name otherwise. */
export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

export interface AppErrorOptions {
  readonly cause?: unknown;
  readonly errors?: readonly FieldError[];
  readonly retryAfterSeconds?: number;
  /** A newer version of the service owns the record. The store itself works. */
  readonly isOfNewerVersion?: boolean;
}

/** The one error the service throws on purpose; `detail` is for the caller, `cause` for the log. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly errors: readonly FieldError[];
  readonly retryAfterSeconds: number | undefined;
  readonly isOfNewerVersion: boolean;

  constructor(code: ErrorCode, detail: string, options: AppErrorOptions = {}) {
    super(`${code}: ${detail}`, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = 'AppError';
    this.code = code;
    this.detail = detail;
    this.errors = options.errors ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.isOfNewerVersion = options.isOfNewerVersion ?? false;
  }
}

/** Of a fault of our own the caller hears this and nothing else; its cause is for the log. */
export const internalFault = (cause: unknown): AppError =>
  new AppError('internal', 'A fault of the service, logged with this request_id', { cause });

/** One wrong field: the sentence says what was expected and what came. */
export const invalidField = (pointer: string, detail: string): AppError => invalidFields([{ pointer, detail }]);

export function invalidFields(fields: readonly FieldError[]): AppError {
  const errors = fields.map(({ pointer, detail }) => ({ pointer: shortened(pointer), detail }));
  return new AppError('invalid-request', errors.map(({ pointer, detail }) => `${pointer}: ${detail}`).join('. '), {
    errors,
  });
}

/** A client's own name of a field may be a megabyte. */
const MAX_POINTER_LENGTH = 200;
const shortened = (pointer: string): string =>
  pointer.length > MAX_POINTER_LENGTH ? `${pointer.slice(0, MAX_POINTER_LENGTH)}...` : pointer;

/** What no other request of the caller's would have avoided. */
const SERVICE_FAULTS: readonly ErrorCode[] = ['decoder-failed', 'unavailable', 'insufficient-storage', 'internal'];

export const isServiceFault = (error: unknown): boolean =>
  !(error instanceof AppError) || SERVICE_FAULTS.includes(error.code);

/** Whether the same may go well a little later, though nobody changed anything. */
export const isPassing = (error: unknown): boolean =>
  isServiceFault(error) || (error instanceof AppError && error.code === 'overloaded');

/** The image is gone, nothing came, or its record says when to try again. */
const FINAL_FOR_JOB: readonly ErrorCode[] = ['image-not-found', 'upload-missing', 'decoder-failed'];

/** Whether another attempt at the job would change nothing. */
export const isFinalForJob = (error: unknown): boolean =>
  error instanceof AppError && FINAL_FOR_JOB.includes(error.code);

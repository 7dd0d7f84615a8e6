import { S3_STATUS, type S3ErrorCode } from '../../http-semantics/s3-error-codes.ts';

export interface S3Error {
  readonly status: number;
  readonly code: S3ErrorCode;
  readonly message: string;
  /** Additional headers of the answer; names in lower case. */
  readonly headers: { readonly [name: Lowercase<string>]: string };
}

const s3Error = (code: S3ErrorCode, message: string, headers: S3Error['headers'] = {}): S3Error => ({
  status: S3_STATUS[code],
  code,
  message,
  headers,
});

/** A refusal as a value. */
export interface Refused {
  readonly outcome: 'refused';
  readonly error: S3Error;
}

export const refuse = (code: S3ErrorCode, message: string, headers?: S3Error['headers']): Refused => ({
  outcome: 'refused',
  error: s3Error(code, message, headers),
});

/** The S3 codes that the endpoint uses, and their status ("Error responses", Amazon S3 API Reference). */
const STATUS = {
  AccessDenied: 403,
  AuthorizationQueryParametersError: 400,
  BadDigest: 400,
  EntityTooLarge: 400,
  EntityTooSmall: 400,
  IncompleteBody: 400,
  InsufficientStorage: 507,
  InvalidAccessKeyId: 403,
  InvalidArgument: 400,
  InvalidDigest: 400,
  InvalidPolicyDocument: 400,
  InvalidRange: 416,
  InvalidRequest: 400,
  InvalidURI: 400,
  MalformedPOSTRequest: 400,
  MaxPostPreDataLengthExceeded: 400,
  MethodNotAllowed: 405,
  MissingContentLength: 411,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  NotImplemented: 400, // S3 says 501, but the fault is the request's
  PreconditionFailed: 412,
  ServiceUnavailable: 503,
  SignatureDoesNotMatch: 403,
  SlowDown: 503,
} as const satisfies Record<string, number>;

export type S3ErrorCode = keyof typeof STATUS;

export interface S3Error {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** Additional headers of the answer; names in lower case. */
  readonly headers: { readonly [name: Lowercase<string>]: string };
}

const s3Error = (code: S3ErrorCode, message: string, headers: S3Error['headers'] = {}): S3Error => ({
  status: STATUS[code],
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

export const PRECONDITION_FAILED: Refused = refuse(
  'PreconditionFailed',
  'At least one of the pre-conditions you specified did not hold',
);

export const toXml = (error: S3Error, context: { resource: string; requestId: string }): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${escapeXml(error.code)}</Code><Message>${escapeXml(error.message)}</Message>` +
  `<Resource>${escapeXml(context.resource)}</Resource><RequestId>${escapeXml(context.requestId)}</RequestId></Error>`;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** XML 1.0 can't represent most control characters: they become U+FFFD. */
export const escapeXml = (text: string): string =>
  text
    .toWellFormed()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    .replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"']/g, (mark) => ENTITIES[mark] ?? mark);

import type { components } from './openapi.ts';
import type { CodeWithParams, ParamsOf, ProblemParams } from './params-by-code.ts';
import { soundParams } from './problem-params.ts';

/** A code of the service's problem documents (docs/problems.md). */
export type ServiceCode = components['schemas']['Problem']['code'];

/** What the client itself finds wrong. */
export type ClientCode =
  /** No answer: no network, no such host, a cut connection. */
  | 'network'
  /** An answer that isn't the service's: a proxy's page, another server. */
  | 'unexpected-answer'
  /** No byte moved for a minute. */
  | 'timeout'
  /** By its AbortSignal. */
  | 'aborted'
  /**
   * The function that makes tokens failed, and `cause` has its error; or it made a malformed token, and there is no
   * `cause`.
   */
  | 'no-token'
  /** The file can't be read: it is gone, a folder, or another user's. Or the queue's `folder` can't be used. */
  | 'unreadable-file'
  /** It has changed, or was removed, since its upload began. */
  | 'file-changed';

export type SafelightCode = ServiceCode | ClientCode;

/** The place of an invalid value: a JSON pointer in a body, `?name`, or a header's name. */
export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

/**
 * Why an upload doesn't fit into a quota: `used`, `reserved` and `asked` together exceed `max`. Bytes, or numbers of
 * images.
 */
export type QuotaFault = NonNullable<components['schemas']['Problem']['quota']>;

export interface SafelightErrorOptions {
  readonly status?: number | undefined;
  readonly requestId?: string | undefined;
  readonly errors?: readonly FieldError[] | undefined;
  readonly retryAfter?: number | undefined;
  readonly quota?: QuotaFault | undefined;
  /** Values of unknown names, or in another form, are dropped. */
  readonly params?: ProblemParams | undefined;
  readonly cause?: unknown;
}

interface ErrorOf<Code extends SafelightCode, Params> extends Error {
  readonly code: Code;
  /** The values that `detail` says in words, by `code`. Each may be absent. */
  readonly params: Params;
  /** A sentence: what was expected, and what came. */
  readonly detail: string;
  /** The HTTP status of the answer; undefined if there was none. */
  readonly status: number | undefined;
  /** By which the service's log finds the request. */
  readonly requestId: string | undefined;
  readonly errors: readonly FieldError[];
  /** Seconds after which the same request may succeed. */
  readonly retryAfter: number | undefined;
  /** The quota that `quota-exceeded` reports. */
  readonly quota: QuotaFault | undefined;
}

type ErrorsWithParams = { [Code in CodeWithParams]: ErrorOf<Code, ParamsOf<Code>> }[CodeWithParams];

/** The only error that this package throws on purpose. Switch on `code`, which tells the type of `params`. */
export type SafelightError = ErrorsWithParams | ErrorOf<Exclude<SafelightCode, CodeWithParams>, object>;

interface SafelightErrorClass {
  new (code: SafelightCode, detail: string, options?: SafelightErrorOptions): SafelightError;
  readonly prototype: SafelightError;
}

class ErrorOfAnyCode extends Error implements ErrorOf<SafelightCode, ProblemParams> {
  declare readonly code: SafelightCode;
  declare readonly params: ProblemParams;
  declare readonly detail: string;
  declare readonly status: number | undefined;
  declare readonly requestId: string | undefined;
  declare readonly errors: readonly FieldError[];
  declare readonly retryAfter: number | undefined;
  declare readonly quota: QuotaFault | undefined;

  constructor(code: SafelightCode, detail: string, options: SafelightErrorOptions = {}) {
    super(detail, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = 'SafelightError';
    this.code = code;
    this.params = soundParams(options.params);
    this.detail = detail;
    this.status = options.status;
    this.requestId = options.requestId;
    this.errors = options.errors ?? [];
    this.retryAfter = options.retryAfter;
    this.quota = options.quota;
  }
}

/** A class can't be a union by itself: `soundParams` gives each code its own values. */
export const SafelightError = ErrorOfAnyCode as SafelightErrorClass;

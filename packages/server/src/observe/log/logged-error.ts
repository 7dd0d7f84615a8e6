import { withoutCredentials } from './credentials.ts';
import { withoutFilenames } from './filenames.ts';

/** The fields of an error that are logged. An allow list, because libraries keep whole requests in other fields. */
export interface LoggedError {
  readonly type: string;
  readonly message: string;
  readonly stack?: string;
  readonly cause?: LoggedError;
  /** The limit of an `AggregateError`'s errors. */
  readonly errors?: readonly LoggedError[];
  readonly [field: string]: unknown;
}

/** Fields of Node's, SQLite's and our own errors; of the AWS SDK's those that its support asks for. */
const FIELDS = ['code', 'errno', 'errcode', 'syscall', 'signal', 'httpStatusCode', 'requestId', 'attempts'] as const;

const MAX_TEXT = 4_000;
const MAX_CAUSES = 5;
const MAX_ERRORS = 3;

/** Never throws: logging must not end the process. */
export function loggedError(error: unknown, depth = 0): LoggedError {
  try {
    return described(error, depth);
  } catch {
    return { type: typeof error, message: 'an error that cannot be read' };
  }
}

function described(error: unknown, depth: number): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: withoutSecrets(textOf(error)) };
  const isDeep = depth >= MAX_CAUSES;
  return {
    type: typeOf(error),
    message: withoutSecrets(textOf(error.message)),
    ...fieldsOf(error),
    ...('$metadata' in error && fieldsOf(error.$metadata)),
    ...(error.stack !== undefined && { stack: withoutSecrets(textOf(error.stack)) }),
    ...(error.cause !== undefined && !isDeep && { cause: loggedError(error.cause, depth + 1) }),
    ...(error instanceof AggregateError &&
      Array.isArray(error.errors) &&
      !isDeep && { errors: error.errors.slice(0, MAX_ERRORS).map((one) => loggedError(one, depth + 1)) }),
  };
}

function fieldsOf(value: unknown): Record<string, string | number> {
  const found: Record<string, string | number> = {};
  if (typeof value !== 'object' || value === null) return found;
  const record = value as Record<string, unknown>;
  for (const name of FIELDS) {
    const field = record[name];
    if (typeof field === 'number') found[name] = field;
    if (typeof field === 'string') found[name] = withoutSecrets(field);
  }
  return found;
}

/** Any field of an error may have any type, whatever its declaration says. */
const textOf = (value: unknown): string => (typeof value === 'object' ? 'no text' : String(value));

const typeOf = (error: Error): string =>
  withoutSecrets(textOf(error.name === 'Error' ? error.constructor.name : error.name));

/** Names of secrets, or prefixes of them. */
const SECRETS = String.raw`x-amz-[\w-]{1,200}|sig|signature|credentials?|policy|authorization|passw(?:or)?d|(?:secret|token|api_?key|access_?key)[\w-]{0,40}`;
const ASSIGNED = String.raw`\s{0,4}=\s{0,4}|%(?:25)*3d|\\{0,4}["']\s{0,4}:\s{0,4}`;
const VALUE = String.raw`\\{0,4}"[^"]*|\\{0,4}'[^']*|[^\s"'<>,]+`;

// Each pattern is linear in the text: unbounded repetitions are at the end, or of one kind of character.
const QUERY = /(?:\?|%(?:25)*3f)[^\s"'<>]+/gi;
const AFTER_SLASHES = /\/\/[^\s"'<>]+/g;
const ASSIGNMENT = new RegExp(`(${SECRETS})(${ASSIGNED})(?:${VALUE})`, 'gi');
const HEADER = /(x-amz-[\w-]{1,200}|authorization)(\s{0,4}:\s{0,4})(?:(?:bearer|basic)\s)?[^\s"'<>,]+/gi;

/**
 * Removes names of originals, queries, credentials before a host, API keys, upload tokens, JWTs, and values after the
 * name of a secret.
 */
export const withoutSecrets = (text: string): string =>
  withoutFilenames(withoutCredentials(text.slice(0, MAX_TEXT)))
    .replaceAll(QUERY, '…')
    .replaceAll(AFTER_SLASHES, withoutUser)
    .replaceAll(ASSIGNMENT, '$1$2…')
    .replaceAll(HEADER, '$1$2…');

/**
 * A password may contain a slash or an at sign; a path with an at sign, such as a package's, has no colon before it.
 */
function withoutUser(url: string): string {
  const end = url.lastIndexOf('@');
  const before = url.slice(2, Math.max(end, 2));
  return end < 0 || (before.includes('/') && !before.includes(':')) ? url : `//…${url.slice(end)}`;
}

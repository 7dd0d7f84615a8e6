/** What the log has of an error: fields that are named here and no others, since libraries keep whole requests beside the words. */
export interface LoggedError {
  readonly type: string;
  readonly message: string;
  readonly stack?: string;
  readonly cause?: LoggedError;
  /** Of an `AggregateError`, the first ones. */
  readonly errors?: readonly LoggedError[];
  readonly [field: string]: unknown;
}

/** Node's, SQLite's and our own; of the AWS SDK what its support asks for. */
const FIELDS = ['code', 'errno', 'errcode', 'syscall', 'signal', 'httpStatusCode', 'requestId', 'attempts'] as const;

const MAX_TEXT = 4_000;
const MAX_CAUSES = 5;
const MAX_ERRORS = 3;

export function loggedError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: withoutSecrets(textOf(error)) };
  const isDeep = depth >= MAX_CAUSES;
  return {
    type: error.name === 'Error' ? error.constructor.name : error.name,
    message: withoutSecrets(error.message),
    ...fieldsOf(error),
    ...('$metadata' in error && fieldsOf(error.$metadata)),
    ...(error.stack !== undefined && { stack: withoutSecrets(error.stack) }),
    ...(error.cause !== undefined && !isDeep && { cause: loggedError(error.cause, depth + 1) }),
    ...(error instanceof AggregateError &&
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

const textOf = (thrown: unknown): string => (typeof thrown === 'object' ? 'no error' : String(thrown));

/** Queries, who signs in before a host, and what follows the name of a signature. */
export const withoutSecrets = (text: string): string =>
  text
    .slice(0, MAX_TEXT)
    .replaceAll(/\?[^\s"'<>]+/g, '…')
    .replaceAll(/\/\/[^\s/@"'<>]*@/g, '//…@')
    .replaceAll(/\b(x-amz-[\w-]+|sig|signature|credential)=[^\s"'<>,]+/gi, '$1=…');

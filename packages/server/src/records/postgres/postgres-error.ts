import pg from 'pg';
import { AppError } from '../../domain/errors.ts';

/** "PostgreSQL Error Codes", appendix A. */
const CODES = {
  serializationFailure: '40001',
  deadlock: '40P01',
  diskFull: '53100',
} as const;

/**
 * The server is away, full, restarting or a standby now; or the statement took too long, or waited too long for a lock.
 * Classes: 08 connection, 53 resources, 57 operator; 25006: a read-only server, as after a failover.
 */
const AWAY = /^(?:08...|53...|57...|25006|55P03|25P0[23])$/;

/** DUPLICATE and INVALID PREPARED STATEMENT: a pooler gives the connection to other sessions between two statements. */
export const OF_PREPARED_STATEMENTS: ReadonlySet<string | undefined> = new Set(['42P05', '26000']);

/** The role lacks a right. */
export const INSUFFICIENT_PRIVILEGE = '42501';

const RETRY_AFTER_SECONDS = 2;

/** Whether the transaction was undone because of another one, and may be repeated at once. */
export const isRepeatable = (error: unknown): boolean => {
  const code = codeOf(error);
  return code === CODES.serializationFailure || code === CODES.deadlock;
};

/** The SQLSTATE of the server's error; undefined: the error isn't one of the server. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof pg.DatabaseError ? error.code : undefined;

/** Translates a failure of PostgreSQL, or of the way to it, into the port's error. Others pass unchanged. */
export function postgresFault(error: unknown): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error;
  const code = codeOf(error);
  if (code === CODES.diskFull)
    return new AppError('insufficient-storage', 'The disk of the database is full', { cause: error });
  if (OF_PREPARED_STATEMENTS.has(code)) {
    const got = `expected statements to stay prepared; got error ${code}, as behind PgBouncer in transaction mode`;
    return new AppError('unavailable', `${got}: set DATABASE_PREPARE=off`, { cause: error });
  }
  if (code === undefined ? !isOfConnection(error) : !(AWAY.test(code) || isRepeatable(error))) return error;
  const detail = `expected the database to answer; got ${code === undefined ? 'no answer' : `error ${code}`}`;
  return new AppError('unavailable', detail, { cause: error, retryAfterSeconds: RETRY_AFTER_SECONDS });
}

/** The driver's own errors have no code and no class. */
const OF_THE_DRIVER =
  /^(?:Connection terminated|Client has encountered a connection error|timeout expired|timeout exceeded when trying to connect|Query read timeout|Client was closed|Cannot use a pool after calling end|Connection ended|The server does not support SSL)/;

const isOfConnection = (error: Error): boolean =>
  ('syscall' in error && 'code' in error) ||
  ('code' in error && /^E[A-Z]+$/.test(String(error.code))) ||
  OF_THE_DRIVER.test(error.message);

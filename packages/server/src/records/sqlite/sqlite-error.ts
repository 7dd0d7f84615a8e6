import { AppError } from '../../domain/errors.ts';

/** Primary result codes (sqlite.org/rescode.html). */
export const SQLITE = {
  ERROR: 1,
  BUSY: 5,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  NOTADB: 26,
} as const;

/**
 * The primary result code of an error of `node:sqlite`: the low byte of an extended one; undefined for other errors.
 */
export const sqliteCode = (error: unknown): number | undefined =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;

/** For logs and operators' commands. */
export const DAMAGED = 'The database is damaged';

/** Beside the damage, in the log and in operators' commands. */
export const DAMAGE_REMEDY = `${DAMAGED}: see docs/runbook.md, "A damaged database"`;

/** A migrated database has every name in our SQL. */
const LACKS_NAME = /^no such (?:table|index|column):/;

/** Whether SQLite has met a page that can't be right, or a schema that isn't that of our migrations. */
export const isDamage = (error: unknown): error is Error => {
  const code = sqliteCode(error);
  if (code === SQLITE.ERROR) return error instanceof Error && LACKS_NAME.test(error.message);
  return code === SQLITE.CORRUPT || code === SQLITE.NOTADB;
};

export const isBusy = (error: unknown): boolean => sqliteCode(error) === SQLITE.BUSY;

/** Translates a failure of SQLite into the port's error; others pass unchanged. */
export const translateSqliteError = (error: unknown): unknown => {
  if (isDamage(error)) return new AppError('unavailable', 'The records are damaged', { cause: error, isDamage: true });
  switch (sqliteCode(error)) {
    case SQLITE.BUSY:
      return new AppError('unavailable', 'Another process is writing to the database: try again later', {
        cause: error,
        retryAfterSeconds: 1,
      });
    case SQLITE.FULL:
      return new AppError('insufficient-storage', 'The disk of the database is full', { cause: error });
    case SQLITE.IOERR:
    case SQLITE.READONLY:
    case SQLITE.CANTOPEN:
      return new AppError('unavailable', "The database can't be read or written", { cause: error });
    default:
      return error;
  }
};

/** The result of `read`, with errors translated. */
export const translated = <T>(read: () => T): T => {
  try {
    return read();
  } catch (error) {
    throw translateSqliteError(error);
  }
};

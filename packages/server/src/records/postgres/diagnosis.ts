import { diagnoseConnection } from '../../aws/diagnosis.ts';
import { AppError } from '../../domain/errors.ts';
import { codeOf, INSUFFICIENT_PRIVILEGE, OF_PREPARED_STATEMENTS } from './postgres-error.ts';

/** Where a database is, in words without a password. */
export interface Place {
  /** A host and its port, or a socket. */
  readonly at: string;
  readonly database: string;
  /** undefined: the driver takes the name of the process's user. */
  readonly role: string | undefined;
}

const DEFAULT_PORT = '5432';

export function placeOf(url: string): Place {
  const { hostname, port, pathname, username, searchParams } = new URL(url);
  const host = searchParams.get('host') ?? decodeURIComponent(hostname);
  const role = searchParams.get('user') ?? decodeURIComponent(username);
  return {
    at: host.startsWith('/') ? `the socket in ${host}` : `${host || 'localhost'}:${port || DEFAULT_PORT}`,
    database: decodeURIComponent(pathname.slice(1)),
    role: role === '' ? undefined : role,
  };
}

/** Whether bytes leave this machine without TLS, though nobody has said that they may (`sslmode=disable`). */
export function sendsInTheClear(url: string): boolean {
  const { hostname, searchParams } = new URL(url);
  const host = searchParams.get('host') ?? decodeURIComponent(hostname);
  const isLocal = host === '' || host.startsWith('/') || /^(?:localhost|127\..*|\[?::1\]?)$/i.test(host);
  return !isLocal && !searchParams.has('sslmode');
}

const SETTING = 'DATABASE_URL';

/** A message for the operator: why the database can't be used, and how to repair it. Undefined for unknown errors. */
export function diagnose(error: unknown, { at, database, role }: Place): string | undefined {
  const first = error instanceof AppError ? error.cause : error;
  if (!(first instanceof Error)) return undefined;
  const whose = role === undefined ? 'the role' : `the role ${role}`;
  const sqlState = codeOf(first);
  if (OF_PREPARED_STATEMENTS.has(sqlState))
    return `PgBouncer at ${at} gives a connection to several processes (${first.message}): set DATABASE_PREPARE=off`;
  switch (sqlState) {
    case '28P01':
      return `PostgreSQL at ${at} refuses the password of ${whose}: check ${SETTING}`;
    case '28000':
      return `PostgreSQL at ${at} refuses ${whose} (${first.message}): check ${SETTING}, and pg_hba.conf there`;
    case '3D000':
      return `There is no database ${database} at ${at}: create it, in the encoding UTF8, or check ${SETTING}`;
    case INSUFFICIENT_PRIVILEGE:
      if (error instanceof AppError) return undefined; // which says more
      return `PostgreSQL at ${at} refuses ${whose} (${first.message}): npm run admin -- provision --role ${role ?? 'NAME'}, with the role that owns the database ${database} in ${SETTING}, permits what the service needs`;
    case '53300':
      return `PostgreSQL at ${at} has no connection left (max_connections): lower DATABASE_CONNECTIONS, or put PgBouncer before it`;
  }
  if (/unsupported startup parameter/.test(first.message))
    return `PgBouncer at ${at} refuses the settings of sessions (${first.message}): set DATABASE_PREPARE=off`;
  if (/server does not support SSL/.test(first.message))
    return `PostgreSQL at ${at} has no TLS: if nobody else can read what is sent there, set sslmode=disable in ${SETTING}`;
  if (/password must be a string/.test(first.message))
    return `PostgreSQL at ${at} asks for a password, and ${SETTING} has none`;
  const { code, path } = first as NodeJS.ErrnoException;
  if (path !== undefined && code === 'ENOENT')
    return `expected the certificates of ${SETTING} in ${path}; got no such file`;
  if (code !== undefined && OF_CERTIFICATES.has(code))
    return `PostgreSQL at ${at} has a certificate of a CA that isn't trusted (${code}): name the CA's file as sslrootcert in ${SETTING}`;
  return diagnoseConnection(first, { at: `PostgreSQL at ${at}`, setting: SETTING });
}

const OF_CERTIFICATES: ReadonlySet<string> = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
]);

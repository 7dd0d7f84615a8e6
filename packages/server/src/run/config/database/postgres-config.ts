import { expected, integer, oneOf, optionalText, type Read, type Report, variable } from '../variable.ts';

export interface PostgresConfig {
  /** The most connections of this process. */
  readonly connections: number;
  /** false: for PgBouncer in transaction mode, statements aren't prepared, and sessions set nothing. */
  readonly prepares: boolean;
}

/** `file`: read from that file; null: the records aren't in PostgreSQL. */
export type DatabaseUrl = string | { readonly file: string } | null;

const FORM = 'a URL of one server, as postgres://user:password@host:5432/database?sslmode=verify-full';
/** Longer than any name, password and path of a certificate together. */
const MAX_URL_LENGTH = 2_048;
const MAX_CONNECTIONS = 1_000;

/** "SSL Support", libpq's documentation. */
const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;

/** The URL for the driver. Errors: `Expected`, without any part of the URL, which may be a password's. */
export function parseDatabaseUrl(given: string): string {
  if (given.length > MAX_URL_LENGTH)
    return expected(`a URL of at most ${MAX_URL_LENGTH} characters`, `${given.length} characters`);
  if (!URL.canParse(given)) return expected(FORM);
  const url = new URL(given);
  const { protocol, hostname, pathname, hash, searchParams } = url;
  if (!/^postgres(?:ql)?:$/.test(protocol)) return expected(FORM, 'another scheme');
  if (hostname.includes(',') || hash !== '' || !isDecodable(url)) return expected(FORM);
  if (!/^\/[^/]+$/.test(pathname)) return expected(FORM, 'no name of a database');
  return withTls(url, searchParams).href;
}

const isDecodable = ({ username, password, pathname, hostname }: URL): boolean => {
  try {
    for (const part of [username, password, pathname, hostname]) decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
};

/** What the driver knows of libpq's ways to use TLS. */
function withTls(url: URL, searchParams: URLSearchParams): URL {
  const [mode, ...more] = searchParams.getAll('sslmode');
  if (more.length > 0) return expected('one sslmode', 'several');
  if (mode !== undefined && !SSL_MODES.some((one) => one === mode))
    return expected(`sslmode=${SSL_MODES.join(', ')}`, 'another one');
  // As libpq has it, with the roots that Node trusts.
  if (searchParams.get('sslrootcert') === 'system') {
    if (mode !== undefined && mode !== 'verify-full')
      return expected('sslmode=verify-full with sslrootcert=system', 'another one');
    searchParams.delete('sslrootcert');
    searchParams.set('sslmode', 'verify-full');
  }
  if (mode === 'verify-ca' && !searchParams.get('sslrootcert'))
    return expected('sslrootcert=FILE with sslmode=verify-ca, or sslmode=verify-full', 'none');
  // These may go on without TLS, if anyone between asks for that.
  if (mode === 'allow' || mode === 'prefer') searchParams.set('sslmode', 'require');
  return url;
}

export const POSTGRES_VARIABLES = {
  databaseUrl: variable({
    name: 'DATABASE_URL',
    group: 'postgres',
    default: '',
    about:
      'The PostgreSQL database for records, and for jobs unless SQS_QUEUE_URL is set, shared by any number of processes: `postgres://user:password@host:5432/database?sslmode=verify-full`. `sslmode` and `sslrootcert` are those of libpq, but `allow` and `prefer` are `require`, and without `sslmode` TLS is off. Unset: records are in the table of DYNAMO_TABLE, otherwise in DATA_DIR, for one process.',
    isSecret: true,
    parse: (given) => (given === '' ? null : parseDatabaseUrl(given)),
  }),
  databaseUrlFile: variable({
    name: 'DATABASE_URL_FILE',
    group: 'postgres',
    default: '',
    about:
      "A file with the value of DATABASE_URL, used instead of it: other processes of the same user can read a process's environment.",
    parse: optionalText,
  }),
  databaseConnections: variable({
    name: 'DATABASE_CONNECTIONS',
    group: 'postgres',
    default: '10',
    about:
      'The most connections of this process to PostgreSQL. A process that works on jobs has one more, by which it hears of them.',
    parse: integer(1, MAX_CONNECTIONS),
  }),
  databasePrepare: variable({
    name: 'DATABASE_PREPARE',
    group: 'postgres',
    default: 'on',
    about:
      '`off`: for PgBouncer in transaction mode. Statements are parsed and planned anew each time, and their time-outs are those of the role (`npm run admin -- provision`).',
    parse: (given) => oneOf('on', 'off')(given) === 'on',
  }),
} as const;

/** Where the records are, and how they are reached. */
export function readPostgres(
  read: Read,
  { table }: { readonly table: string | null },
  report: Report,
): { readonly postgres: PostgresConfig | null; readonly databaseUrl: DatabaseUrl } {
  const url = read(POSTGRES_VARIABLES.databaseUrl);
  const file = read(POSTGRES_VARIABLES.databaseUrlFile);
  const postgres = {
    connections: read(POSTGRES_VARIABLES.databaseConnections),
    prepares: read(POSTGRES_VARIABLES.databasePrepare),
  };
  const { name } = file === null ? POSTGRES_VARIABLES.databaseUrl : POSTGRES_VARIABLES.databaseUrlFile;
  if (url !== null && file !== null) report(name, 'expected DATABASE_URL or DATABASE_URL_FILE; got both');
  const databaseUrl = file === null ? url : { file };
  if (databaseUrl === null) return { postgres: null, databaseUrl };
  if (table !== null)
    report(name, `expected no database with DYNAMO_TABLE=${table}, since all records are in one place; got both`);
  return { postgres, databaseUrl };
}

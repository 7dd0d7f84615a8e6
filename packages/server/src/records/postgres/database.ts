import { createHash } from 'node:crypto';
import pg from 'pg';
import type { Row } from '../images/image-row.ts';
import { isRepeatable, postgresFault } from './postgres-error.ts';
import { fromStoredText, toStoredText } from './stored-text.ts';

/** Lists become arrays of PostgreSQL. */
export type Parameter = string | number | boolean | null | readonly string[] | readonly number[];

/** Runs statements. Parameters are `$1`, `$2` and so on. Errors: those of `ImageRepository`. */
export interface Statements {
  rows(sql: string, parameters?: readonly Parameter[]): Promise<readonly Row[]>;
  /** Answers how many rows were changed. */
  change(sql: string, parameters?: readonly Parameter[]): Promise<number>;
}

export interface Transaction extends Statements {
  /** Sends a statement whose result nobody needs. If it fails, the transaction fails. */
  send(sql: string, parameters?: readonly Parameter[]): void;
}

export interface TransactionOptions {
  /** The longest wait for the answer to a statement; otherwise `ANSWER_MS`. */
  readonly answerMs?: number;
}

/** Each statement outside of a transaction is one by itself. */
export interface Postgres extends Statements, AsyncDisposable {
  /**
   * Runs `work` in a transaction at READ COMMITTED, in which each statement sees what is committed by then, and
   * resolves after the commit. Statements are sent without waiting for those before. `work` runs again if the server
   * chose the transaction as the victim of a deadlock, so it must have no effects outside of it. Errors: those of
   * `work`, after which nothing was changed; `unavailable`, after which it may have been.
   */
  transaction<T>(work: (transaction: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** All statements of `work` see one moment, and change nothing. */
  snapshot<T>(work: (statements: Statements) => Promise<T>): Promise<T>;
  /** A connection outside of the pool, for LISTEN and for locks of a session. The caller ends it. */
  connect(): Promise<pg.Client>;
  /** How many connections the pool has, how many are in use, and how many callers wait for one. */
  load(): { readonly open: number; readonly used: number; readonly waiting: number };
}

export interface PostgresOptions {
  /** As of libpq: `postgres://user:password@host:port/database?sslmode=verify-full`. */
  readonly url: string;
  /** The most connections; 1 to 1,000. */
  readonly connections: number;
  /** false: for a PgBouncer in transaction mode, whose connections have other sessions each time. */
  readonly prepares: boolean;
}

/** A caller waits so long for a connection: for a new one, or for one of the pool. */
const CONNECT_MS = 10_000;
/** A statement ends after so long, on the server and here. Recounts and archives read in pages. */
const STATEMENT_MS = 30_000;
const ANSWER_MS = 35_000;
/** A process that stopped within a transaction keeps its locks no longer. Between two pages an archive writes one. */
const IDLE_IN_TRANSACTION_MS = 120_000;
const IDLE_MS = 60_000;
/** How often a victim of a deadlock is repeated. */
const ATTEMPTS = 5;

export function openPostgres({ url, connections, prepares }: PostgresOptions): Postgres {
  const options: pg.PoolConfig & { pipeline: boolean } = {
    ...{ connectionString: withLibpqTls(url), application_name: 'safelight', types: TYPES },
    ...{ connectionTimeoutMillis: CONNECT_MS, query_timeout: ANSWER_MS, keepAlive: true, pipeline: true },
    // PgBouncer refuses them: there the role has them (admin/provision).
    ...(prepares && { statement_timeout: STATEMENT_MS, idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS }),
  };
  const pool = new pg.Pool({ ...options, max: connections, idleTimeoutMillis: IDLE_MS });
  pool.on('error', () => undefined); // an idle connection was lost: the pool has dropped it
  // From the first moment: a dying server may end the connection in the packet that opens it. The failed statement says
  // so.
  pool.on('connect', (client) => client.on('error', () => undefined));

  const query = (
    on: pg.ClientBase,
    sql: string,
    parameters: readonly Parameter[] = [],
    { answerMs }: TransactionOptions = {},
  ): Promise<Result> =>
    on.query({
      ...(prepares && { name: nameOf(sql) }),
      ...{ text: sql, values: parameters.map(stored), rowMode: 'array', query_timeout: answerMs },
    });

  const withClient = async <T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> => {
    const client = await pool.connect();
    let isSound = false;
    try {
      const result = await work(client);
      isSound = true;
      return result;
    } catch (error) {
      isSound = error instanceof Undone;
      throw error instanceof Undone ? error.cause : error;
    } finally {
      client.release(!isSound); // what is in flight on a failed one, and which statements it has prepared, nobody knows
    }
  };

  /** One statement by itself changes nothing if it is a deadlock's victim. */
  const alone = (sql: string, parameters?: readonly Parameter[]): Promise<Result> =>
    repeated(() => withClient((client) => query(client, sql, parameters)));

  const transact = <T>(
    begin: string,
    work: (transaction: Transaction) => Promise<T>,
    options?: TransactionOptions,
  ): Promise<T> =>
    withClient(async (client) => {
      const sent: Promise<unknown>[] = [];
      const run = (sql: string, parameters?: readonly Parameter[]): Promise<Result> => {
        const result = query(client, sql, parameters, options);
        result.catch(() => undefined); // reported by its caller, or below
        sent.push(result);
        return result;
      };
      const simple = (sql: string): Promise<unknown> => {
        const result = client.query(sql);
        result.catch(() => undefined);
        sent.push(result);
        return result;
      };
      void simple(begin);
      let result: T;
      try {
        result = await work({
          rows: async (sql, parameters) => (await run(sql, parameters)).rows,
          change: async (sql, parameters) => (await run(sql, parameters)).rowCount ?? 0,
          send: (sql, parameters) => void run(sql, parameters),
        });
      } catch (error) {
        await Promise.all(sent); // a statement's own error says more
        await simple('ROLLBACK');
        throw new Undone('the transaction was rolled back', { cause: error });
      }
      void simple('COMMIT');
      await Promise.all(sent);
      return result;
    });

  return {
    rows: async (sql, parameters) => (await alone(sql, parameters)).rows,
    change: async (sql, parameters) => (await alone(sql, parameters)).rowCount ?? 0,
    transaction: (work, options) => repeated(() => transact('BEGIN ISOLATION LEVEL READ COMMITTED', work, options)),
    snapshot: (work) => repeated(() => transact('BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY', work)),
    async connect() {
      const client = new pg.Client(options);
      client.on('error', () => undefined);
      try {
        await client.connect();
        return client;
      } catch (error) {
        throw postgresFault(error);
      }
    },
    load: () => ({ open: pool.totalCount, used: pool.totalCount - pool.idleCount, waiting: pool.waitingCount }),
    [Symbol.asyncDispose]: () => pool.end(),
  };
}

interface Result {
  readonly rows: readonly Row[];
  readonly rowCount: number | null;
}

/** Around an error after which the connection is as before. */
class Undone extends Error {}

async function repeated<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run();
    } catch (error) {
      if (attempt === ATTEMPTS || !isRepeatable(error)) throw postgresFault(error);
    }
  }
}

const stored = (parameter: Parameter): unknown => {
  if (typeof parameter === 'string') return toStoredText(parameter);
  if (!Array.isArray(parameter)) return parameter;
  return parameter.map((one: string | number) => (typeof one === 'string' ? toStoredText(one) : one));
};

const names = new Map<string, string>();

/** Equal statements have equal names, in every process. */
function nameOf(sql: string): string {
  const known = names.get(sql);
  if (known !== undefined) return known;
  const name = createHash('sha256').update(sql).digest('hex').slice(0, 32);
  names.set(sql, name);
  return name;
}

const OID = { bool: 16, int8: 20, int2: 21, int4: 23, text: 25, float8: 701, varchar: 1043, numeric: 1700 } as const;
const NUMBERS: ReadonlySet<number> = new Set([OID.int8, OID.int2, OID.int4, OID.float8, OID.numeric]);

/** No number of ours exceeds 2^53. */
const TYPES = {
  getTypeParser(oid: number) {
    if (NUMBERS.has(oid)) return Number;
    if (oid === OID.bool) return (text: string) => text === 't';
    return fromStoredText;
  },
} as unknown as pg.CustomTypesConfig;

/** `sslmode` as libpq has it: `require` doesn't check the certificate, unless a root is named. */
function withLibpqTls(url: string): string {
  const parsed = new URL(url);
  parsed.searchParams.set('uselibpqcompat', 'true');
  return parsed.href;
}

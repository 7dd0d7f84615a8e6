import { createHash } from 'node:crypto';
import pg from 'pg';
import {
  openPostgres,
  type Parameter,
  type Postgres,
  type Statements,
} from '../../packages/server/src/records/postgres/database.ts';

/** What one call of a repository sent: a transaction, or a statement by itself. */
export interface Recorded {
  readonly isTransaction: boolean;
  readonly statements: readonly RecordedStatement[];
}

interface RecordedStatement {
  readonly sql: string;
  readonly parameters: readonly Parameter[];
  /** The next statement is sent after its answer. */
  readonly isAwaited: boolean;
}

/** Notes what `work` sends to the database of a service, whose tables there are, and does it there too. */
export async function recordStatements(
  url: string,
  work: (postgres: Postgres) => Promise<unknown>,
): Promise<readonly Recorded[]> {
  await using postgres = openPostgres({ url, connections: 1, prepares: true });
  const recorded: Recorded[] = [];
  const noting = <Noting extends Statements>(statements: Noting, noted: RecordedStatement[]): Noting => ({
    ...statements,
    rows(sql, parameters = []) {
      noted.push({ sql, parameters, isAwaited: true });
      return statements.rows(sql, parameters);
    },
    change(sql, parameters = []) {
      noted.push({ sql, parameters, isAwaited: true });
      return statements.change(sql, parameters);
    },
  });
  const recording = (isTransaction: boolean): RecordedStatement[] => {
    const statements: RecordedStatement[] = [];
    recorded.push({ isTransaction, statements });
    return statements;
  };
  await work({
    ...postgres,
    rows: (sql, parameters) => noting(postgres, recording(false)).rows(sql, parameters),
    change: (sql, parameters) => noting(postgres, recording(false)).change(sql, parameters),
    transaction: (transact) =>
      postgres.transaction((transaction) => {
        const statements = recording(true);
        return transact({
          ...noting(transaction, statements),
          send(sql, parameters = []) {
            statements.push({ sql, parameters, isAwaited: false });
            transaction.send(sql, parameters);
          },
        });
      }),
  });
  return recorded;
}

/** Texts that stand for those of the recorded call. */
export type Replacements = readonly (readonly [from: string, to: string])[];

type Row = Readonly<Record<string, unknown>>;

/** Sends recorded statements by `pg` alone, prepared and pipelined, over as many connections as a service has. */
export function createReplay(url: string) {
  const types = { getTypeParser: (oid: number) => (oid === pg.types.builtins.INT8 ? Number : String) };
  const options = { connectionString: url, max: 10, pipeline: true, types: types as unknown as pg.CustomTypesConfig };
  const pool = new pg.Pool(options);

  return async ({ isTransaction, statements }: Recorded, replacements: Replacements = []): Promise<readonly Row[]> => {
    const client = await pool.connect();
    const sent: Promise<pg.QueryResult<Row>>[] = [];
    const send = (query: string | pg.QueryConfig): Promise<pg.QueryResult<Row>> => {
      const result = client.query<Row>(query);
      sent.push(result);
      return result;
    };
    if (isTransaction) void send('BEGIN');
    let rows: readonly Row[] = [];
    for (const { sql, parameters, isAwaited } of statements) {
      const result = send({ name: nameOf(sql), text: sql, values: replaced(parameters, replacements) });
      if (!isAwaited) continue;
      const { rowCount, rows: answered } = await result;
      if (rowCount === 0) throw new Error(`expected a row of ${sql}; got none`);
      rows = answered;
    }
    if (isTransaction) void send('COMMIT');
    await Promise.all(sent);
    client.release();
    return rows;
  };
}

const replaced = (parameters: readonly Parameter[], replacements: Replacements): unknown[] =>
  parameters.map((parameter) => {
    if (typeof parameter === 'string') return textOf(parameter, replacements);
    if (!Array.isArray(parameter)) return parameter;
    return parameter.map((one) => (typeof one === 'string' ? textOf(one, replacements) : one));
  });

const textOf = (text: string, replacements: Replacements): string =>
  replacements.reduce((before, [from, to]) => before.replaceAll(from, to), text);

const names = new Map<string, string>();

/** A name has 63 characters at most. */
function nameOf(sql: string): string {
  const name = names.get(sql) ?? createHash('sha256').update(sql).digest('hex').slice(0, 32);
  names.set(sql, name);
  return name;
}

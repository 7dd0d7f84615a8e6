import type { Parameter, Postgres, Statements, Transaction } from './database.ts';

/** A database that notes the statements it runs. */
export interface PlannedPostgres {
  readonly postgres: Postgres;
  /** The plans of the statements that ran since the last call, of each once. */
  plans(): Promise<readonly string[]>;
}

export function withPlans(postgres: Postgres): PlannedPostgres {
  const ran = new Map<string, readonly Parameter[]>();
  const noting = <Noted extends Statements>(statements: Noted): Noted => ({
    ...statements,
    rows(sql, parameters = []) {
      ran.set(sql, parameters);
      return statements.rows(sql, parameters);
    },
    change(sql, parameters = []) {
      ran.set(sql, parameters);
      return statements.change(sql, parameters);
    },
  });
  return {
    postgres: {
      ...noting(postgres),
      transaction: (work) =>
        postgres.transaction((transaction) => {
          const noted: Transaction = {
            ...noting(transaction),
            send(sql, parameters = []) {
              ran.set(sql, parameters);
              transaction.send(sql, parameters);
            },
          };
          return work(noted);
        }),
      snapshot: (work) => postgres.snapshot((statements) => work(noting(statements))),
    },
    async plans() {
      const statements = [...ran].filter(([sql]) => /^\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH)\b/.test(sql));
      ran.clear();
      const plans = statements.map(async ([sql, parameters]) => {
        const rows = await postgres.rows(`EXPLAIN ${sql}`, parameters);
        return rows.map(([line]) => String(line)).join('\n');
      });
      return Promise.all(plans);
    },
  };
}

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { allRows } from '../../sqlite/rows.ts';

/**
 * The cost of a read: the rows of each table that loops visited, including dropped ones, and the steps of the plans.
 */
export interface Cost {
  readonly rows: Readonly<Record<string, number>>;
  readonly plan: readonly string[];
}

/**
 * The database with queries that count visited rows. Each loop over a table gets a function as its first condition:
 * SQLite calls it for each row from the index, before any other filter.
 */
export function countSteps(database: DatabaseSync) {
  const rows = new Map<string, number>();
  const plan = new Set<string>();
  database.function('stepped', { varargs: true, useBigIntArguments: true }, (name) => {
    const table = String(name);
    rows.set(table, (rows.get(table) ?? 0) + 1);
    return 1;
  });

  const prepareCounting = (sql: string): StatementSync => {
    const steps = planOf(database, sql);
    const counting = countingSql(sql, steps);
    const came = planOf(database, counting);
    if (came.join() !== steps.join()) throw new Error(`expected to count in the plan ${steps}; got ${came}`);
    return onUse(database.prepare(counting), () => {
      for (const step of steps) plan.add(step);
    });
  };

  return {
    database: new Proxy(database, {
      get: (target, name) => (name === 'prepare' ? prepare : memberOf(target, name)),
    }),

    async costOf<T>(read: () => Promise<T> | T): Promise<Cost & { readonly result: T }> {
      rows.clear();
      plan.clear();
      const result = await read();
      return { result, rows: Object.fromEntries(rows), plan: [...plan] };
    },
  };

  function prepare(sql: string): StatementSync {
    return sql.trimStart().startsWith('SELECT') ? prepareCounting(sql) : database.prepare(sql);
  }
}

/** The steps that are loops over a table; statements name rows of any other origin `listed`. */
export const loopsOf = (plan: readonly string[]): string[] =>
  plan.filter((step) => /^(SEARCH|SCAN) (?!listed\b)/.test(step));

/**
 * A condition without columns belongs to the outermost loop, and one with a column of a joined table to the loop of
 * that table. The column must be the joining one: SQLite replaces a column that equals a constant by the constant.
 */
function countingSql(sql: string, plan: readonly string[]): string {
  const counting = sql
    .replaceAll(/\bFROM (\w+)\b[^()]*?\bWHERE\b/g, "$& stepped('$1') AND")
    .replaceAll(/\bJOIN (\w+) (\w+) ON\b(?=.*?\b(\2\.\w+) = \w+\.)/gs, "$& stepped('$1', $3) AND");
  const counted = counting.split('stepped(').length - 1;
  const loops = loopsOf(plan).length;
  if (counted !== loops) throw new Error(`expected ${loops} loops with conditions; got ${counted}: ${sql}`);
  return counting;
}

const planOf = (database: DatabaseSync, sql: string): string[] =>
  allRows(database.prepare(`EXPLAIN QUERY PLAN ${sql}`), []).map(([, , , detail]) => String(detail));

const onUse = (statement: StatementSync, note: () => void): StatementSync =>
  new Proxy(statement, {
    get(target, name) {
      note();
      return memberOf(target, name);
    },
  });

/** Native methods require their original object as `this`. */
const memberOf = (target: object, name: string | symbol): unknown => {
  const member: unknown = Reflect.get(target, name);
  return typeof member === 'function' ? member.bind(target) : member;
};

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Parameter, Postgres, Statements, Transaction } from './database.ts';

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows'?: number;
  readonly 'Actual Loops'?: number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly 'Shared Hit Blocks'?: number;
  readonly 'Shared Read Blocks'?: number;
  readonly Plans?: readonly PlanNode[];
}

const nodesOf = (plan: PlanNode): readonly PlanNode[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];

/** In all loops, with those that a filter dropped. */
function rowsOf(node: PlanNode): number {
  const dropped = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
  return ((node['Actual Rows'] ?? 0) + dropped) * (node['Actual Loops'] ?? 0);
}

/**
 * `generic`: the plan for any parameters, which the server keeps after some uses of a prepared statement. `custom`: the
 * plan for these parameters, of a statement that isn't prepared.
 */
export type PlanMode = 'generic' | 'custom';

export interface PlanLimits {
  /** The most rows that a step reads or passes on. */
  readonly rows: number;
  /** The most rows that a sort takes. */
  readonly sorted: number;
  /** The most blocks of 8 kB that are read, in memory or not: an index may be read for no row. */
  readonly blocks?: number;
  /** Tables of few rows, which may be read whole. */
  readonly small?: readonly string[];
}

/** What statements took in the server. */
export interface PlanWork {
  readonly statements: number;
  /** Read from tables and indexes, with those that a filter dropped. */
  readonly rows: number;
  readonly blocks: number;
}

/** A database that notes the statements it runs. */
export interface PlannedPostgres {
  readonly postgres: Postgres;
  /** The plan of each statement that ran since the last call of one of these methods. */
  plans(): Promise<readonly string[]>;
  /**
   * Checks the plans of those statements: each walks along indexes, and reads few rows. Reads run once more, changes
   * don't. For a database with one connection.
   */
  requirePlans(most: PlanLimits, mode?: PlanMode): Promise<PlanWork>;
}

interface Noted {
  readonly sql: string;
  readonly parameters: readonly Parameter[];
}

export function withPlans(postgres: Postgres): PlannedPostgres {
  const noted: Noted[] = [];
  const note = (sql: string, parameters: readonly Parameter[] = []): void => {
    if (/^\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH)\b/.test(sql)) noted.push({ sql, parameters });
  };
  const noting = <Given extends Statements>(statements: Given): Given => ({
    ...statements,
    rows(sql, parameters) {
      note(sql, parameters);
      return statements.rows(sql, parameters);
    },
    change(sql, parameters) {
      note(sql, parameters);
      return statements.change(sql, parameters);
    },
  });
  const notingAll = (transaction: Transaction): Transaction => ({
    ...noting(transaction),
    send(sql, parameters) {
      note(sql, parameters);
      transaction.send(sql, parameters);
    },
  });
  return {
    postgres: {
      ...noting(postgres),
      transaction: (work, options) => postgres.transaction((transaction) => work(notingAll(transaction)), options),
      snapshot: (work) => postgres.snapshot((statements) => work(noting(statements))),
    },
    async plans() {
      const plans = noted.splice(0).map(async ({ sql, parameters }) => {
        const lines = await postgres.rows(`EXPLAIN ${sql}`, parameters);
        return lines.join('\n');
      });
      return Promise.all(plans);
    },
    async requirePlans(most, mode = 'generic') {
      let [statements, rows, blocks] = [0, 0, 0];
      await postgres.change(`SET plan_cache_mode = force_${mode}_plan`);
      for (const statement of noted.splice(0)) {
        const work = await requirePlan(postgres, statement, most);
        statements += 1;
        rows += work.rows;
        blocks += work.blocks;
      }
      await postgres.change('RESET plan_cache_mode');
      return { statements, rows, blocks };
    },
  };
}

async function requirePlan(
  postgres: Statements,
  { sql, parameters }: Noted,
  most: PlanLimits,
): Promise<Omit<PlanWork, 'statements'>> {
  const name = pg.escapeIdentifier(randomUUID());
  await postgres.change(`PREPARE ${name} AS ${sql}`);
  const given = parameters.length === 0 ? '' : `(${parameters.map(literal)})`;
  const isChange = /^\s*(?:INSERT|UPDATE|DELETE)\b|\bRETURNING\b/.test(sql);
  const options = isChange ? 'FORMAT JSON' : 'ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON';
  const [row] = await postgres.rows(`EXPLAIN (${options}) EXECUTE ${name} ${given}`);
  await postgres.change(`DEALLOCATE ${name}`);
  const [{ Plan: plan }] = JSON.parse(String(row?.[0])) as readonly [{ readonly Plan: PlanNode }];
  const said = (node: PlanNode) => `${JSON.stringify(node, null, 1)}\n${sql}\n${JSON.stringify(parameters)}`;
  let read = 0;
  for (const node of nodesOf(plan)) {
    const rows = rowsOf(node);
    const isSmall = most.small?.includes(node['Relation Name'] ?? '') ?? false;
    assert.ok(node['Node Type'] !== 'Seq Scan' || isSmall, said(node));
    assert.ok(!node['Node Type'].endsWith('Sort') || rows <= most.sorted, said(node));
    assert.ok(rows <= most.rows, said(node));
    if (node['Relation Name'] !== undefined) read += rows;
  }
  const blocks = (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0);
  assert.ok(blocks <= (most.blocks ?? blocks), said(plan));
  return { rows: read, blocks };
}

const literal = (parameter: Parameter): string => {
  if (typeof parameter === 'string') return pg.escapeLiteral(parameter);
  if (!Array.isArray(parameter)) return `${parameter}`;
  return `ARRAY[${parameter.map(literal)}]`;
};

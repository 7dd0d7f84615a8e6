import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Parameter, Postgres } from './database.ts';

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

export interface CheckedStatement {
  readonly sql: string;
  readonly parameters: readonly Parameter[];
  readonly most: PlanLimits;
  readonly mode?: PlanMode;
  /** false: what a change would do isn't done for its plan. */
  readonly isRun?: boolean;
}

/** What a statement took in the server. */
export interface PlanWork {
  /** Read from tables and indexes, with those that a filter dropped. */
  readonly rows: number;
  readonly blocks: number;
}

/** Checks a plan: it walks along indexes, and reads few rows. For a database with one connection. */
export async function requirePlan(
  postgres: Postgres,
  { sql, parameters, most, mode = 'generic', isRun = true }: CheckedStatement,
): Promise<PlanWork> {
  const name = pg.escapeIdentifier(randomUUID());
  await postgres.change(`SET plan_cache_mode = force_${mode}_plan`);
  await postgres.change(`PREPARE ${name} AS ${sql}`);
  const given = parameters.length === 0 ? '' : `(${parameters.map(literal)})`;
  const options = isRun ? 'ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON' : 'FORMAT JSON';
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

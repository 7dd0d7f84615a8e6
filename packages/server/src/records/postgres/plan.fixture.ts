import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Parameter, Postgres } from './database.ts';

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly Plans?: readonly PlanNode[];
}

const nodesOf = (plan: PlanNode): readonly PlanNode[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];

export interface PlanLimits {
  /** The most rows that a step reads or passes on. */
  readonly rows: number;
  /** The most rows that a sort takes. */
  readonly sorted: number;
  /** Tables of few rows, which may be read whole. */
  readonly small?: readonly string[];
}

/**
 * Checks the plan for any parameters, which the server keeps after some uses of a prepared statement: it walks along
 * indexes, and reads few rows. For a database with one connection.
 */
export async function requirePlan(
  postgres: Postgres,
  {
    sql,
    parameters,
    most,
  }: { readonly sql: string; readonly parameters: readonly Parameter[]; readonly most: PlanLimits },
): Promise<void> {
  const name = pg.escapeIdentifier(randomUUID());
  await postgres.change('SET plan_cache_mode = force_generic_plan');
  await postgres.change(`PREPARE ${name} AS ${sql}`);
  const given = parameters.length === 0 ? '' : `(${parameters.map(literal)})`;
  const [row] = await postgres.rows(`EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) EXECUTE ${name} ${given}`);
  await postgres.change(`DEALLOCATE ${name}`);
  const [{ Plan: plan }] = JSON.parse(String(row?.[0])) as readonly [{ readonly Plan: PlanNode }];
  for (const node of nodesOf(plan)) {
    const rows = node['Actual Rows'] * node['Actual Loops'];
    const said = () => `${JSON.stringify(node, null, 1)}\n${sql}\n${JSON.stringify(parameters)}`;
    const isSmall = most.small?.includes(node['Relation Name'] ?? '') ?? false;
    assert.ok(node['Node Type'] !== 'Seq Scan' || isSmall, said());
    assert.ok(!node['Node Type'].endsWith('Sort') || rows <= most.sorted, said());
    assert.ok(rows <= most.rows, said());
  }
}

const literal = (parameter: Parameter): string => {
  if (typeof parameter === 'string') return pg.escapeLiteral(parameter);
  if (!Array.isArray(parameter)) return `${parameter}`;
  return `ARRAY[${parameter.map(literal)}]`;
};

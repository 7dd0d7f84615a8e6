import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { Parameter, Postgres, Statements } from '../../postgres/database.ts';
import type { FindQuery, Page } from '../image-repository.ts';
import { createPostgresImageRepository } from './postgres.ts';

/** The most statements of a page. */
const MOST_STATEMENTS = 8;
/** Rows of a sort: a page of each of twenty tags. */
const MOST_SORTED = 21 * 51;
/** Rows that a node of a plan reads: a page of each of twenty tags, or the steps of an intersection. */
const MOST_ROWS = 2_000;
/** Blocks of 8 kB that a statement reads, in memory or not: some for each step. */
const MOST_BLOCKS = 8_000;

/**
 * `generic`: for any parameters, as the server plans a prepared statement once and for all. `custom`: for these
 * parameters, as it plans a statement that isn't prepared.
 */
export type PlanMode = 'generic' | 'custom';

/** What statements took in the server. */
export interface Work {
  readonly statements: number;
  /** Read from tables and indexes, with those that a filter dropped. */
  readonly rows: number;
  readonly blocks: number;
}

/** The repository's page, whose statements are explained first: each walks an index. `postgres` has one connection. */
export async function plannedPage(
  postgres: Postgres,
  query: FindQuery,
  mode: PlanMode,
): Promise<{ readonly page: Page; readonly work: Work }> {
  await postgres.change(`SET plan_cache_mode = force_${mode}_plan`);
  const { checked, work } = withPlansChecked(postgres);
  const page = await createPostgresImageRepository(checked).find(query);
  await postgres.change('RESET plan_cache_mode');
  const total = work();
  assert.ok(total.statements <= MOST_STATEMENTS, `${total.statements} statements: ${JSON.stringify(query)}`);
  return { page, work: total };
}

/** A read is explained while it runs; a change, which would run twice, before it runs. */
export function withPlansChecked(postgres: Postgres) {
  let total: Work = { statements: 0, rows: 0, blocks: 0 };
  const checked: Postgres = {
    ...postgres,
    async rows(sql, parameters = []) {
      const { rows, blocks } = await requirePlan(postgres, { sql, parameters, isRun: true });
      total = { statements: total.statements + 1, rows: total.rows + rows, blocks: total.blocks + blocks };
      return postgres.rows(sql, parameters);
    },
    async change(sql, parameters = []) {
      await requirePlan(postgres, { sql, parameters, isRun: false });
      return postgres.change(sql, parameters);
    },
  };
  return { checked, work: () => total };
}

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

interface Explained {
  readonly sql: string;
  readonly parameters: readonly Parameter[];
  readonly isRun: boolean;
}

async function requirePlan(
  statements: Statements,
  { sql, parameters, isRun }: Explained,
): Promise<Omit<Work, 'statements'>> {
  const name = `explained_${randomBytes(8).toString('hex')}`; // others may run at once
  await statements.change(`PREPARE ${name} AS ${sql}`);
  const given = parameters.length === 0 ? '' : `(${parameters.map(literal)})`;
  const run = isRun ? 'ANALYZE, BUFFERS, TIMING OFF,' : '';
  const [row] = await statements.rows(`EXPLAIN (${run} FORMAT JSON) EXECUTE ${name} ${given}`);
  await statements.change(`DEALLOCATE ${name}`);
  const [{ Plan: plan }] = JSON.parse(String(row?.[0])) as readonly [{ readonly Plan: PlanNode }];
  const said = (node: PlanNode) => `${JSON.stringify(node, null, 1)}\n${sql}\n${JSON.stringify(parameters)}`;
  let rows = 0;
  for (const node of nodesOf(plan)) {
    const read = rowsOf(node);
    assert.ok(node['Node Type'] !== 'Seq Scan', said(node));
    assert.ok(!node['Node Type'].endsWith('Sort') || read <= MOST_SORTED, said(node));
    assert.ok(read <= MOST_ROWS, said(node));
    if (node['Relation Name'] !== undefined) rows += read;
  }
  const blocks = (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0);
  assert.ok(blocks <= MOST_BLOCKS, said(plan));
  return { rows, blocks };
}

const nodesOf = (plan: PlanNode): readonly PlanNode[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];

/** In all loops, with those that a filter dropped. */
function rowsOf(node: PlanNode): number {
  const dropped = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
  return ((node['Actual Rows'] ?? 0) + dropped) * (node['Actual Loops'] ?? 0);
}

const literal = (parameter: Parameter): string => {
  if (typeof parameter === 'string') return pg.escapeLiteral(parameter);
  if (!Array.isArray(parameter)) return `${parameter}`;
  return `ARRAY[${parameter.map(literal)}]`;
};

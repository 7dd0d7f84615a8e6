import assert from 'node:assert/strict';
import type { Postgres } from '../../postgres/database.ts';
import { type PlanMode, type PlanWork, requirePlan } from '../../postgres/plan.fixture.ts';
import type { FindQuery, Page } from '../image-repository.ts';
import { createPostgresImageRepository } from './postgres.ts';

/** The most statements of a page. */
const MOST_STATEMENTS = 8;

const MOST = {
  /** A page of each of twenty tags, or the steps of an intersection. */
  rows: 2_000,
  /** A page of each of twenty tags. */
  sorted: 21 * 51,
  /** Some for each step. */
  blocks: 8_000,
};

/** What statements took in the server. */
export interface Work extends PlanWork {
  readonly statements: number;
}

/** The repository's page, whose statements are explained first. `postgres` has one connection. */
export async function plannedPage(
  postgres: Postgres,
  query: FindQuery,
  mode: PlanMode,
): Promise<{ readonly page: Page; readonly work: Work }> {
  const { checked, work } = withPlansChecked(postgres, mode);
  const page = await createPostgresImageRepository(checked).find(query);
  await postgres.change('RESET plan_cache_mode');
  assert.ok(work().statements <= MOST_STATEMENTS, `${work().statements} statements: ${JSON.stringify(query)}`);
  return { page, work: work() };
}

/** `postgres`, whose statements are explained first: each walks an index, and reads few rows. */
export function withPlansChecked(postgres: Postgres, mode: PlanMode = 'generic') {
  let total: Work = { statements: 0, rows: 0, blocks: 0 };
  const checked: Postgres = {
    ...postgres,
    async rows(sql, parameters = []) {
      const { rows, blocks } = await requirePlan(postgres, { sql, parameters, most: MOST, mode });
      total = { statements: total.statements + 1, rows: total.rows + rows, blocks: total.blocks + blocks };
      return postgres.rows(sql, parameters);
    },
    async change(sql, parameters = []) {
      await requirePlan(postgres, { sql, parameters, most: MOST, mode, isRun: false });
      return postgres.change(sql, parameters);
    },
  };
  return { checked, work: () => total };
}

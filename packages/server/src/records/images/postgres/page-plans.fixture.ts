import assert from 'node:assert/strict';
import type { Postgres } from '../../postgres/database.ts';
import { type PlanMode, type PlanWork, withPlans } from '../../postgres/plans.fixture.ts';
import type { FindQuery, Page } from '../image-repository.ts';
import { createPostgresImageRepository } from './postgres.ts';

/** The most statements of a page. */
const MOST_STATEMENTS = 8;

/** For each statement. */
export const MOST_OF_A_PAGE = {
  /** A page of each of twenty tags, or the steps of an intersection. */
  rows: 2_000,
  /** A page of each of twenty tags. */
  sorted: 21 * 51,
  /** Some for each step. */
  blocks: 8_000,
};

/** The repository's page, with the plans of its statements checked. `postgres` has one connection. */
export async function plannedPage(
  postgres: Postgres,
  query: FindQuery,
  mode: PlanMode,
): Promise<{ readonly page: Page; readonly work: PlanWork }> {
  const planned = withPlans(postgres);
  const page = await createPostgresImageRepository(planned.postgres).find(query);
  const work = await planned.requirePlans(MOST_OF_A_PAGE, mode);
  assert.ok(work.statements <= MOST_STATEMENTS, `${work.statements} statements: ${JSON.stringify(query)}`);
  return { page, work };
}

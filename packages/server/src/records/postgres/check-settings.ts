import { AppError } from '../../domain/errors.ts';
import type { Statements } from './database.ts';

/** A server with one of these off loses what it has committed, or its pages, when its machine loses power. */
const NEEDED = ['fsync', 'full_page_writes', 'synchronous_commit'] as const;

/**
 * Stops a process whose writes wouldn't survive a power cut. Errors: `unavailable`, with a sentence for the operator.
 */
export async function requireDurable(postgres: Statements): Promise<void> {
  const [row = []] = await postgres.rows(`SELECT ${NEEDED.map((name) => `current_setting('${name}')`)}`);
  const off = NEEDED.filter((_, index) => row[index] === 'off');
  if (off.length === 0) return;
  const expected = 'expected a PostgreSQL whose commits survive a power cut';
  const remedy = 'set each to on, in the settings of the server, the role or the database';
  throw new AppError('unavailable', `${expected}; got ${off.map((name) => `${name} = off`).join(' and ')}: ${remedy}`);
}

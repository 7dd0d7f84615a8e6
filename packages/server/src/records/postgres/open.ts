import { AppError } from '../../domain/errors.ts';
import { requireDurable } from './check-settings.ts';
import { openPostgres, type Postgres, type PostgresOptions } from './database.ts';
import { diagnose, placeOf } from './diagnosis.ts';
import { migrate, requireMigrated } from './migrations.ts';
import { codeOf, INSUFFICIENT_PRIVILEGE } from './postgres-error.ts';
import { requireRights } from './rights.ts';
import { MIGRATIONS } from './schema.ts';

/**
 * Opens the database of the records, brings up its schema if the role may, and checks what the records need of it.
 * Errors: `unavailable`, with a sentence that says how to repair it.
 */
export async function openRecordsDatabase(options: PostgresOptions): Promise<Postgres> {
  await using stack = new AsyncDisposableStack();
  const postgres = stack.use(openPostgres(options));
  try {
    await bringUp(postgres);
    await Promise.all([requireDurable(postgres), requireRights(postgres, MIGRATIONS)]);
  } catch (error) {
    throw told(error, options.url);
  }
  const held = stack.move();
  return { ...postgres, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** A role that may change no table finds the schema as its owner has left it. */
async function bringUp(postgres: Postgres): Promise<void> {
  try {
    await migrate(postgres, MIGRATIONS);
  } catch (error) {
    if (codeOf(error) !== INSUFFICIENT_PRIVILEGE) throw error;
    await requireMigrated(postgres, MIGRATIONS);
  }
}

function told(error: unknown, url: string): unknown {
  const sentence = diagnose(error, placeOf(url));
  if (sentence !== undefined) return new AppError('unavailable', sentence, { cause: error });
  if (error instanceof AppError) return error;
  return new AppError('unavailable', error instanceof Error ? error.message : String(error), { cause: error });
}

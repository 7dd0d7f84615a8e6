import { AppError } from '../../../domain/errors.ts';
import { openPostgres } from '../../../records/postgres/database.ts';
import { diagnose, type Place, placeOf } from '../../../records/postgres/diagnosis.ts';
import { codeOf, INSUFFICIENT_PRIVILEGE } from '../../../records/postgres/postgres-error.ts';
import type { PostgresConfig } from '../../../run/config/database/postgres-config.ts';
import { type Mode, makeRight, type Outcome } from '../make-right.ts';
import type { DatabaseAspect, DatabaseTarget } from './database-target.ts';
import { RIGHTS } from './rights.ts';
import { ROLE_SETTINGS } from './role-settings.ts';
import { SCHEMA } from './schema.ts';

const ASPECTS: readonly DatabaseAspect[] = [SCHEMA, RIGHTS, ROLE_SETTINGS];

export interface ProvisionDatabaseOptions {
  /** With the role that owns the tables. */
  readonly url: string;
  readonly postgres: PostgresConfig;
  /** The role of the service; null: the same one. */
  readonly role: string | null;
  readonly mode: Mode;
}

export interface ProvisionedDatabase {
  readonly name: string;
  readonly at: string;
  readonly outcomes: readonly Outcome[];
}

/** Sets up a database. Errors: `unavailable`, with a sentence that says how to repair it. */
export async function provisionDatabase(options: ProvisionDatabaseOptions): Promise<ProvisionedDatabase> {
  const { url, postgres, role, mode } = options;
  const place = placeOf(url);
  await using opened = openPostgres({ ...postgres, url });
  try {
    if (role !== null) await requireRole(opened, role, place.at);
    const outcomes = await makeRight(ASPECTS, { postgres: opened, role }, { mode, unsupported: [] });
    return { name: place.database, at: place.at, outcomes };
  } catch (error) {
    const sentence = refusal(error, place) ?? diagnose(error, place);
    throw sentence === undefined ? error : new AppError('unavailable', sentence, { cause: error });
  }
}

/** Here the owner lacks a right, not the role of the service. */
const refusal = (error: unknown, { database, role }: Place): string | undefined =>
  error instanceof Error && codeOf(error) === INSUFFICIENT_PRIVILEGE
    ? `expected a role that owns the database ${database} or its tables; got ${role ?? 'another one'} (${error.message})`
    : undefined;

async function requireRole(postgres: DatabaseTarget['postgres'], role: string, at: string): Promise<void> {
  const [found] = await postgres.rows('SELECT 1 FROM pg_roles WHERE rolname = $1', [role]);
  if (found) return;
  const detail = `expected a role ${role} at ${at}; got none: create it first, with LOGIN and a password`;
  throw new AppError('unavailable', detail);
}

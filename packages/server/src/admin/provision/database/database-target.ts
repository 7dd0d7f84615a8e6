import type { Postgres } from '../../../records/postgres/database.ts';
import type { Aspect } from '../aspect.ts';

export interface DatabaseTarget {
  /** Connected as the role that owns the tables. */
  readonly postgres: Postgres;
  /** The role of the service; null: the same one. */
  readonly role: string | null;
}

export type DatabaseAspect = Aspect<DatabaseTarget>;

/** An identifier in SQL ("Identifiers and Key Words", PostgreSQL's documentation). */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

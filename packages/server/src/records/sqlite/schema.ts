import type { Migration } from './migrations.ts';

const schemaOf = (folder: string): URL => new URL(`${folder}/schema.sql`, new URL('../', import.meta.url));

/** Every step of the SQLite schema, oldest first. A step that was released never changes; new steps are appended. */
export const MIGRATIONS: readonly Migration[] = [
  {
    sql: [
      ...['images/sqlite', 'usage/sqlite', 'keys/sqlite', 'webhooks/sqlite', 'events/sqlite', 'erasures/sqlite'],
      ...['coordination/sqlite', '../jobs/sqlite'],
    ].map(schemaOf),
  },
  { sql: [schemaOf('revocations/sqlite')] },
];

import type { Migration } from './migrations.ts';

const schemaOf = (folder: string): URL => new URL(`../${folder}/postgres/schema.sql`, import.meta.url);

/**
 * Every step of the PostgreSQL schema, oldest first. A step that was released never changes; new steps are appended.
 */
export const MIGRATIONS: readonly Migration[] = [
  ['coordination', 'keys', 'revocations', 'erasures', 'webhooks', 'events', 'usage', 'albums', 'images', '../jobs'].map(
    schemaOf,
  ),
  [new URL('../images/postgres/parts.sql', import.meta.url)],
  [new URL('../images/postgres/imports.sql', import.meta.url)],
];

import { fillCaptured } from '../images/sqlite/fill-captured.ts';
import { fillSearch } from '../images/sqlite/search/fill-search.ts';
import type { Migration } from './migrations.ts';

const inRecords = (file: string): URL => new URL(file, new URL('../', import.meta.url));
const schemaOf = (folder: string): URL => inRecords(`${folder}/schema.sql`);

/** Every step of the SQLite schema, oldest first. A step that was released never changes; new steps are appended. */
export const MIGRATIONS: readonly Migration[] = [
  {
    sql: [
      ...['images/sqlite', 'usage/sqlite', 'keys/sqlite', 'webhooks/sqlite', 'events/sqlite', 'erasures/sqlite'],
      ...['coordination/sqlite', '../jobs/sqlite'],
    ].map(schemaOf),
  },
  {
    sql: [
      inRecords('images/sqlite/steps/external-ids.sql'),
      schemaOf('revocations/sqlite'),
      inRecords('usage/sqlite/image-counts.sql'),
    ],
  },
  { sql: [inRecords('images/sqlite/steps/metadata-filters.sql')] },
  { sql: [inRecords('images/sqlite/steps/facts.sql')] },
  {
    sql: [inRecords('images/sqlite/steps/captured.sql'), inRecords('usage/sqlite/month-counts.sql')],
    fill: fillCaptured,
  },
  { sql: [], fill: fillSearch },
  { sql: [inRecords('images/sqlite/steps/known-bytes.sql')] },
  { sql: [schemaOf('albums/sqlite'), inRecords('images/sqlite/steps/albums.sql')] },
  { sql: [inRecords('images/sqlite/steps/guests.sql')] },
  { sql: [inRecords('images/sqlite/steps/replacements.sql')] },
  { sql: [inRecords('images/sqlite/steps/parts.sql')] },
  { sql: [inRecords('images/sqlite/steps/imports.sql')] },
];

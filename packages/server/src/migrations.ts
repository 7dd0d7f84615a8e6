import { fillSearchIndex } from './image-repository/sqlite/search/search-index.ts';
import type { Migration } from './sqlite/migrations.ts';

/** Every step of the SQLite schema, oldest first. A step that was released never changes; new steps are appended. */
export const MIGRATIONS: readonly Migration[] = [
  new URL('./image-repository/sqlite/schema.sql', import.meta.url),
  new URL('./job-queue/sqlite/schema.sql', import.meta.url),
  new URL('./image-repository/sqlite/renditions.sql', import.meta.url),
  new URL('./image-repository/sqlite/object-tag.sql', import.meta.url),
  new URL('./image-repository/sqlite/sweeping.sql', import.meta.url),
  new URL('./image-repository/sqlite/focal-point.sql', import.meta.url),
  new URL('./image-repository/sqlite/trash.sql', import.meta.url),
  { sql: new URL('./image-repository/sqlite/search/search.sql', import.meta.url), fill: fillSearchIndex },
  new URL('./image-repository/sqlite/uploaded-by.sql', import.meta.url),
  new URL('./key-repository/sqlite/schema.sql', import.meta.url),
  new URL('./image-repository/sqlite/sharing.sql', import.meta.url),
  new URL('./image-repository/sqlite/usage.sql', import.meta.url),
  new URL('./key-repository/sqlite/rotation.sql', import.meta.url),
  new URL('./image-repository/sqlite/rejection-params.sql', import.meta.url),
  new URL('./image-repository/sqlite/screening.sql', import.meta.url),
  new URL('./image-repository/sqlite/working-copy.sql', import.meta.url),
  new URL('./image-repository/sqlite/trace.sql', import.meta.url),
  new URL('./erasure-repository/sqlite/schema.sql', import.meta.url),
  new URL('./coordination/sqlite/requests.sql', import.meta.url),
  new URL('./coordination/sqlite/request-attempts.sql', import.meta.url),
  new URL('./event-log/sqlite/schema.sql', import.meta.url),
  new URL('./webhook-repository/sqlite/schema.sql', import.meta.url),
  new URL('./webhook-repository/sqlite/deliveries-by-status.sql', import.meta.url),
];

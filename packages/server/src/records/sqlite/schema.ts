import { fillSearchIndex } from '../images/sqlite/search/search-index.ts';
import type { Migration } from './migrations.ts';

/** Every step of the SQLite schema, oldest first. A step that was released never changes; new steps are appended. */
export const MIGRATIONS: readonly Migration[] = [
  new URL('../images/sqlite/schema.sql', import.meta.url),
  new URL('../../jobs/sqlite/schema.sql', import.meta.url),
  new URL('../images/sqlite/renditions.sql', import.meta.url),
  new URL('../images/sqlite/object-tag.sql', import.meta.url),
  new URL('../images/sqlite/sweeping.sql', import.meta.url),
  new URL('../images/sqlite/focal-point.sql', import.meta.url),
  new URL('../images/sqlite/trash.sql', import.meta.url),
  { sql: new URL('../images/sqlite/search/search.sql', import.meta.url), fill: fillSearchIndex },
  new URL('../images/sqlite/uploaded-by.sql', import.meta.url),
  new URL('../keys/sqlite/schema.sql', import.meta.url),
  new URL('../images/sqlite/sharing.sql', import.meta.url),
  new URL('../images/sqlite/usage.sql', import.meta.url),
  new URL('../keys/sqlite/rotation.sql', import.meta.url),
  new URL('../images/sqlite/rejection-params.sql', import.meta.url),
  new URL('../images/sqlite/screening.sql', import.meta.url),
  new URL('../images/sqlite/working-copy.sql', import.meta.url),
  new URL('../images/sqlite/trace.sql', import.meta.url),
  new URL('../erasures/sqlite/schema.sql', import.meta.url),
  new URL('../coordination/sqlite/requests.sql', import.meta.url),
  new URL('../coordination/sqlite/request-attempts.sql', import.meta.url),
  new URL('../events/sqlite/schema.sql', import.meta.url),
  new URL('../webhooks/sqlite/schema.sql', import.meta.url),
  new URL('../webhooks/sqlite/deliveries-by-status.sql', import.meta.url),
];

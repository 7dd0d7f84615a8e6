/** Every step of the SQLite schema, oldest first. A step that was released never changes; new steps are appended. */
export const MIGRATIONS: readonly URL[] = [
  new URL('./image-repository/schema.sql', import.meta.url),
  new URL('./job-queue/schema.sql', import.meta.url),
  new URL('./image-repository/renditions.sql', import.meta.url),
  new URL('./image-repository/object-tag.sql', import.meta.url),
  new URL('./image-repository/sweeping.sql', import.meta.url),
];

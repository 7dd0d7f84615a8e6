/**
 * What is said of records that were written before version 0.1.0, which was the first to be published. A backup that
 * the same commit made can be restored.
 */
export const OF_BEFORE =
  'one of a version before: with the commit that wrote it run backup TARGET --with-secret, and restore that into a new folder, or a new table, bucket and queue';

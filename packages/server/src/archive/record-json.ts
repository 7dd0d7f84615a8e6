import type { ArchiveRecord } from './record-archive.ts';

/** The version of the lines: a line of a newer one is refused. */
export const RECORDS_FORMAT = 1;

/** One line of `records.jsonl`, without its end. */
export function recordLine(_record: ArchiveRecord): string {
  throw new Error('not built yet: branch arc');
}

/** Errors: TypeError, which says what was expected, for a line that this version can't read whole. */
export function recordOf(_line: string): ArchiveRecord {
  throw new Error('not built yet: branch arc');
}

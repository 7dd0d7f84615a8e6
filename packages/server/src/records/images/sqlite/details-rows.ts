import type { DatabaseSync } from 'node:sqlite';
import type { Details } from '../../../domain/facts/facts.ts';
import { type Image, isDetailed } from '../../../domain/image/image.ts';
import type { Row } from '../../sqlite/rows.ts';
import { detailsText, storedDetails } from '../facts-text.ts';
import type { ReplaceOptions } from '../image-repository.ts';

export interface DetailsOfRow extends ReplaceOptions {
  readonly n: number;
}

/** Keeps the details of images. Call it inside the transaction that changes the record in row `n`. */
export function createDetailsRows(database: DatabaseSync) {
  const replace = database.prepare('REPLACE INTO image_details (n, details) VALUES (?, ?)');
  const remove = database.prepare('DELETE FROM image_details WHERE n = ?');
  return (from: Image | undefined, to: Image, { details, n }: DetailsOfRow): void => {
    if (isDetailed(to)) {
      if (details) replace.run(n, detailsText(details));
    } else if (from && isDetailed(from)) remove.run(n);
  };
}

/** The details in the first column of a row. */
export const detailsIn = (row: Row | undefined): Details | null => (row ? storedDetails(String(row[0])) : null);

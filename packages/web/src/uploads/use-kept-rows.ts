import type { UploadItem } from '@safelight/client';
import { useRef } from 'react';

/** Rows at once; the others are a number. */
export const MOST_ROWS = 200;

export interface KeptRow {
  readonly item: UploadItem;
  readonly isUploaded: boolean;
}

/**
 * The rows of a list whose rows keep their places: one that is uploaded stays until an upload that has no row yet takes
 * its place. `hasLeft`: it was canceled or has failed, and its row goes.
 */
export function useKeptRows(active: readonly UploadItem[], hasLeft: (id: string) => boolean): readonly KeptRow[] {
  const kept = useRef<readonly KeptRow[]>([]);
  kept.current = rowsAfter(kept.current, active, hasLeft);
  return kept.current;
}

export function rowsAfter(
  before: readonly KeptRow[],
  active: readonly UploadItem[],
  hasLeft: (id: string) => boolean,
): readonly KeptRow[] {
  const items = new Map(active.map((item) => [item.id, item]));
  const isNewRun = active.length > 0 && before.every(({ isUploaded, item }) => isUploaded && !items.has(item.id));
  const rows = (isNewRun ? [] : before)
    .filter(({ item }) => items.has(item.id) || !hasLeft(item.id))
    .map(({ item }): KeptRow => ({ item: items.get(item.id) ?? item, isUploaded: !items.has(item.id) }));
  const shown = new Set(rows.map(({ item }) => item.id));
  const others = active.filter(({ id }) => !shown.has(id)).map((item): KeptRow => ({ item, isUploaded: false }));
  const free = Math.max(0, MOST_ROWS - rows.length);
  const waiting = others.slice(free);
  return [...rows.map((row) => (row.isUploaded ? (waiting.shift() ?? row) : row)), ...others.slice(0, free)];
}

import { type IdRange, type Order, rangeBehind } from '../id-range.ts';
import { isAhead, type Row, type Rows } from './rows.ts';

/** A way along one partition, in one direction. */
export interface Walk {
  /** The first row within `range`, which only moves on from one call to the next. */
  seek(range: IdRange): Promise<Row | undefined>;
  /** Reads ahead from there. */
  prefetch(range: IdRange): void;
}

export interface Chunk {
  readonly rows: readonly Row[];
  /** Nothing of the range is behind these. */
  readonly isLast: boolean;
}

/** `readChunk` reads the first rows within a range: one query. */
export function createWalk(readChunk: (range: IdRange) => Promise<Chunk>, order: Order): Walk {
  let chunk: Promise<Chunk> | undefined;
  let at = 0;

  return {
    async seek(range) {
      chunk ??= readChunk(range);
      for (;;) {
        const { rows, isLast } = await chunk;
        for (; at < rows.length; at += 1) {
          const row = rows[at];
          if (row && !isAhead(row.id, range, order)) return row;
        }
        if (isLast) return undefined;
        chunk = readChunk(range);
        at = 0;
      }
    },

    prefetch(range) {
      chunk ??= readChunk(range);
      chunk.catch(() => undefined); // told to whoever seeks
    },
  };
}

/** All that the walk passes within `range`. */
export async function* rowsAlong(walk: Walk, range: IdRange, order: Order): Rows {
  let ahead = range;
  for (;;) {
    const row = await walk.seek(ahead);
    if (row === undefined) return null;
    yield row;
    ahead = rangeBehind(range, row.id, order);
  }
}

import type { Direction } from '../../../../domain/lists/list-position.ts';
import { type ListRange, rangeBehind } from '../../list-range.ts';
import { isAhead, type Row, type Rows } from './rows.ts';

/** A walk along one partition, in one direction. */
export interface Walk {
  /** The first row within `range`, which only advances from call to call. */
  seek(range: ListRange): Promise<Row | undefined>;
  /** Prefetches from there. */
  prefetch(range: ListRange): void;
  /** Whether seeking there needs no query. */
  hasLoaded(range: ListRange): boolean;
}

export interface Chunk {
  readonly rows: readonly Row[];
  /** Whether the range has no further rows. */
  readonly isLast: boolean;
}

/** DynamoDB may answer without rows before the end, but not forever. */
const MAX_EMPTY_CHUNKS = 10;

/** `readChunk` reads the first rows within a range by one query. */
export function createWalk(readChunk: (range: ListRange) => Promise<Chunk>, direction: Direction): Walk {
  let chunk: Promise<Chunk> | undefined;
  let loaded: Chunk | undefined;
  let at = 0;
  let emptyChunks = 0;

  return {
    async seek(range) {
      chunk ??= readChunk(range);
      for (;;) {
        loaded = await chunk;
        const { rows, isLast } = loaded;
        for (; at < rows.length; at += 1) {
          const row = rows[at];
          if (row && !isAhead(row.at, range, direction)) return row;
        }
        if (isLast) return undefined;
        emptyChunks = rows.length === 0 ? emptyChunks + 1 : 0;
        if (emptyChunks > MAX_EMPTY_CHUNKS)
          throw new Error('expected rows, or their end; got neither, again and again');
        chunk = readChunk(range);
        loaded = undefined;
        at = 0;
      }
    },

    prefetch(range) {
      chunk ??= readChunk(range);
      chunk.catch(() => undefined); // reported to the caller of seek
    },

    hasLoaded(range) {
      if (chunk === undefined) return false;
      if (loaded === undefined || loaded.isLast) return true; // pending, or complete
      return loaded.rows.slice(at).some(({ at: position }) => !isAhead(position, range, direction));
    },
  };
}

/** All rows of the walk within `range`. */
export async function* rowsAlong(walk: Walk, range: ListRange, direction: Direction): Rows {
  let ahead = range;
  for (;;) {
    const row = await walk.seek(ahead);
    if (row === undefined) return null;
    yield row;
    ahead = rangeBehind(range, row.at, direction);
  }
}

import { type IdRange, type Order, rangeBehind } from '../id-range.ts';
import { isAhead, type Row, type Rows } from './rows.ts';

/** A way along one partition, in one direction. */
export interface Walk {
  /** The first row within `range`, which only moves on from one call to the next. */
  seek(range: IdRange): Promise<Row | undefined>;
  /** Reads ahead from there. */
  prefetch(range: IdRange): void;
  /** Whether seeking there takes no query. */
  hasLoaded(range: IdRange): boolean;
}

export interface Chunk {
  readonly rows: readonly Row[];
  /** Nothing of the range is behind these. */
  readonly isLast: boolean;
}

/** DynamoDB may answer with no rows and yet not be at the end; not for ever. */
const MAX_EMPTY_CHUNKS = 10;

/** `readChunk` reads the first rows within a range: one query. */
export function createWalk(readChunk: (range: IdRange) => Promise<Chunk>, order: Order): Walk {
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
          if (row && !isAhead(row.id, range, order)) return row;
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
      chunk.catch(() => undefined); // told to whoever seeks
    },

    hasLoaded(range) {
      if (chunk === undefined) return false;
      if (loaded === undefined || loaded.isLast) return true; // on its way, or all there is
      return loaded.rows.slice(at).some(({ id }) => !isAhead(id, range, order));
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

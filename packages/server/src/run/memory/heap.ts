import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Minor: the young generation, in less than a millisecond. Major: the whole heap, in some 20 ms. Exhaustive: the whole
 * heap until no more is freed, and memory goes back to the system, in up to a tenth of a second.
 */
export type Collection = 'minor' | 'major' | 'exhaustive';

/** V8's heap and its garbage collector. */
export interface Heap {
  /** Bytes outside the heap that its objects own: those of buffers. */
  externalBytes(): number;
  /** Collects garbage before it returns. */
  collect(collection: Collection): void;
}

const GC_OPTIONS = {
  minor: { type: 'minor' },
  major: { type: 'major' },
  exhaustive: { type: 'major', flavor: 'last-resort' },
} as const satisfies Record<Collection, object>;

/** The heap of this process. V8 exposes its `gc` function only in contexts that are made after the flag is set. */
export function openHeap(): Heap {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as (options: object) => void;
  return {
    externalBytes: () => getHeapStatistics().external_memory,
    collect: (collection) => gc(GC_OPTIONS[collection]),
  };
}

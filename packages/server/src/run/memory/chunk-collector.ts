import type { Server } from 'node:http';
import { type Heap, openHeap } from './heap.ts';

const LOOK_MS = 5;
const LOOKS_WITHOUT_GROWTH = 200;

/** Growth since the last collection that triggers a minor one. At 8 MB V8 itself would mark its whole heap. */
const GROWTH_BYTES = 6 * 1_048_576;

/**
 * Growth since the last major collection that triggers another: chunks that survived two minor ones are only freed by a
 * major one.
 */
const OLD_BYTES = 40 * 1_048_576;
const MAJOR_COLLECTION_PAUSE_MS = 500;

/** Frees the chunks of streams soon after they have passed. */
export interface ChunkCollector {
  /** Collects if chunks have grown enough. To be called if many chunks pass in one turn of the event loop. */
  look(): void;
  /** Checks every few milliseconds while requests arrive. */
  watch(server: Server): void;
}

/** Chunks lie outside V8's heap, and V8 lets 64 MB and more of dead ones accumulate before it collects them. */
export function createChunkCollector(heap: Heap = openHeap()): ChunkCollector {
  let timer: NodeJS.Timeout | undefined;
  let keptBytes = heap.externalBytes();
  let leftBytes = keptBytes;
  let majorCollectionAt = -Infinity;
  let looksWithoutGrowth = 0;

  const look = (): void => {
    const bytes = heap.externalBytes();
    leftBytes = Math.min(leftBytes, bytes); // both shrink once another thread has swept the chunks
    if (bytes - keptBytes < GROWTH_BYTES) {
      keptBytes = Math.min(keptBytes, bytes);
      return;
    }
    looksWithoutGrowth = 0;
    keptBytes = bytes;
    const isOld = bytes - leftBytes > OLD_BYTES && performance.now() - majorCollectionAt > MAJOR_COLLECTION_PAUSE_MS;
    heap.collect(isOld ? 'major' : 'minor');
    if (!isOld) return;
    majorCollectionAt = performance.now();
    leftBytes = bytes;
  };

  const lookAgain = (): void => {
    looksWithoutGrowth += 1;
    look();
    if (looksWithoutGrowth > LOOKS_WITHOUT_GROWTH) timer = void clearInterval(timer);
  };

  return {
    look,
    watch(server) {
      server.on('request', () => {
        looksWithoutGrowth = 0;
        timer ??= setInterval(lookAgain, LOOK_MS).unref();
      });
    },
  };
}

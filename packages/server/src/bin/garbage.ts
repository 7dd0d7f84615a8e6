import type { Server } from 'node:http';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const LOOK_MS = 5;
const LOOKS_WITHOUT_GROWTH = 200;

/** Of chunks since the last collection, which takes less than a millisecond. At 8 MB V8 itself would mark its whole heap. */
const GROWTH_BYTES = 6 * 1_048_576;

/** So much more than a full collection, of some 20 ms, left: chunks that outlived two small ones, and only another finds them. */
const OLD_BYTES = 40 * 1_048_576;
const FULL_COLLECTION_PAUSE_MS = 500;

/** Frees the chunks of streams soon after they passed. */
export interface Garbage {
  /** To be called where many chunks pass in one turn of the event loop. */
  look(): void;
  /** Looks by itself every few milliseconds, but only while requests come. */
  watch(server: Server): void;
}

/** What V8 tells and does. */
export interface Heap {
  /** Outside it, but held by its objects. */
  externalBytes(): number;
  collect(options: { readonly type: 'minor' | 'major' }): void;
}

/** Chunks lie outside V8's heap, and V8 lets 64 MB and more of them pile up before it looks for garbage. */
export function createGarbage(heap: Heap = v8Heap()): Garbage {
  let timer: NodeJS.Timeout | undefined;
  let keptBytes = heap.externalBytes();
  let leftBytes = keptBytes;
  let fullyCollectedAt = -Infinity;
  let looksWithoutGrowth = 0;

  const look = (): void => {
    const bytes = heap.externalBytes();
    leftBytes = Math.min(leftBytes, bytes); // both fall once chunks have been swept, by another thread
    if (bytes - keptBytes < GROWTH_BYTES) {
      keptBytes = Math.min(keptBytes, bytes);
      return;
    }
    looksWithoutGrowth = 0;
    keptBytes = bytes;
    const isOld = bytes - leftBytes > OLD_BYTES && performance.now() - fullyCollectedAt > FULL_COLLECTION_PAUSE_MS;
    heap.collect({ type: isOld ? 'major' : 'minor' });
    if (!isOld) return;
    fullyCollectedAt = performance.now();
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

/** V8 has a function that collects, and hides it from whoever didn't start it with a flag. */
function v8Heap(): Heap {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as Heap['collect'];
  return { externalBytes: () => getHeapStatistics().external_memory, collect };
}

import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (options: { readonly type: 'minor' }) => void;

const ROUNDS = 30;
/** In the first ones goes what was there before. */
const UNCOUNTED = 5;

/**
 * How many bytes of what V8's heap refers to and doesn't contain pile up, at most, while `work` is done again and again and only
 * the young generation is collected: next to none, unless something leads there that V8 finds only when it marks its whole heap.
 */
export async function bytesPiledUp(work: () => Promise<unknown>): Promise<number> {
  const bytes: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await work();
    collect({ type: 'minor' });
    if (round >= UNCOUNTED) bytes.push(externalBytes());
  }
  return Math.max(...bytes) - Math.min(...bytes);
}

/** What was freed is taken off at the next allocation. */
function externalBytes(): number {
  Buffer.allocUnsafeSlow(1);
  return getHeapStatistics().external_memory;
}

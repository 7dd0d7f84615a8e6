import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (options: { readonly type: 'minor' }) => void;

const ROUNDS = 30;
/** The first rounds also free earlier garbage. */
const UNCOUNTED = 5;

/**
 * The largest amount of external bytes that accumulate while `work` is repeated with only young collections: almost
 * none, unless an object refers to them that V8 frees only by marking its whole heap.
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

/** Freed bytes are subtracted at the next allocation. */
function externalBytes(): number {
  Buffer.allocUnsafeSlow(1);
  return getHeapStatistics().external_memory;
}

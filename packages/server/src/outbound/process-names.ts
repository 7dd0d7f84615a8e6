import { createLookUp } from './look-up.ts';
import { nodeLookup } from './node-lookup.ts';

const MOST_THREADS = 1_024;

/** libuv reads the variable as C's `atoi` does, has four threads without it, and lets look-ups have half of them. */
function placesOf(threads = '4'): number {
  const size = Math.min(Number.parseInt(threads, 10) || 1, MOST_THREADS);
  return Math.floor((Math.max(size, 1) + 1) / 2);
}

/** One for all clients of the process, because they share its threads. */
export const lookUpName = createLookUp({ places: placesOf(process.env['UV_THREADPOOL_SIZE']) });

/** `lookUpName` in the form of the `lookup` option of connections. */
export const lookup = nodeLookup(lookUpName);

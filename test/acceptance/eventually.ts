import { AssertionError } from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

/** A store or an index may be busy with other cases. */
const PATIENCE_MS = 60_000;
const LOOK_AGAIN_MS = 100;

/** Repeats an assertion that fails, for results that a store may show late: an index, an event, a cache. */
export async function eventually<T>(look: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (!(error instanceof AssertionError) || performance.now() > deadline) throw error;
    }
    await delay(LOOK_AGAIN_MS);
  }
}

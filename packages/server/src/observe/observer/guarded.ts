import type { Observer } from './observer.ts';

/**
 * `observe`, whose errors don't reach the caller: events are emitted in the middle of a request, which a broken
 * listener must not end. The first error becomes a warning of the process; a warning for each event would fill the
 * disk.
 */
export function guarded(observe: Observer): Observer {
  let hasFailed = false;
  const warn = (error: unknown): void => {
    if (hasFailed) return;
    hasFailed = true;
    process.emitWarning(error instanceof Error ? error : String(error));
  };
  return (event) => {
    try {
      const result: unknown = observe(event);
      if (result instanceof Promise) result.catch(warn); // of a listener that is an async function; nobody waits for it
    } catch (error) {
      warn(error);
    }
  };
}

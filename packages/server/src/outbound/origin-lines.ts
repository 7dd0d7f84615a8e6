import { unlessAborted } from '../flow/abort.ts';

/** A line for each origin. Those that no longer wait leave it, unlike undici's, which opens a connection for each. */
export interface OriginLines {
  /** A place until it is disposed of, in order of arrival. Errors: the reason of the signal, which ends the wait. */
  enter(origin: string, signal: AbortSignal): Promise<Disposable>;
}

interface Line {
  taken: number;
  /** Each of them tells one that waits that it has a place. */
  readonly waiting: Set<() => void>;
}

export function createOriginLines(places: number): OriginLines {
  /** An origin without requests has no entry. */
  const lines = new Map<string, Line>();

  const leave = (origin: string, line: Line): void => {
    const [next] = line.waiting;
    if (next !== undefined) {
      line.waiting.delete(next);
      next();
      return;
    }
    line.taken -= 1;
    if (line.taken === 0) lines.delete(origin);
  };

  const wait = async (origin: string, line: Line, signal: AbortSignal): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    line.waiting.add(resolve);
    try {
      await unlessAborted(promise, signal);
    } catch (error) {
      if (!line.waiting.delete(resolve)) leave(origin, line); // its place came at the same time
      throw error;
    }
  };

  return {
    async enter(origin, signal) {
      signal.throwIfAborted();
      const line = lines.get(origin) ?? { taken: 0, waiting: new Set() };
      lines.set(origin, line);
      if (line.taken >= places) await wait(origin, line, signal);
      else line.taken += 1;
      return { [Symbol.dispose]: () => leave(origin, line) };
    },
  };
}

import { AppError } from '../domain/errors.ts';

/** Lets few in at a time, and few wait: what costs much memory while it lasts. */
export interface Gate {
  /** Resolves once there is room; dispose to leave. Errors: `overloaded` when too many wait. */
  enter(): Promise<Disposable>;
}

export function createGate({ width, maxWaiting }: { width: number; maxWaiting: number }): Gate {
  const waiting: (() => void)[] = [];
  let inside = 0;
  const leave = (): void => {
    const next = waiting.shift();
    if (next) next();
    else inside -= 1;
  };
  /** A place that is left once, however often it is disposed of. */
  const place = (): Disposable => {
    let isLeft = false;
    return {
      [Symbol.dispose]() {
        if (!isLeft) leave();
        isLeft = true;
      },
    };
  };
  return {
    async enter() {
      if (inside < width) {
        inside += 1;
        return place();
      }
      if (waiting.length >= maxWaiting) {
        throw new AppError('overloaded', `expected a free place for a large body; came after ${waiting.length} others`);
      }
      await new Promise<void>((resolve) => waiting.push(resolve));
      return place();
    },
  };
}

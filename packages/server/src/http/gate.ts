import { AppError } from '../domain/errors.ts';

/** Lets few in at a time, and few wait: what costs much memory while it lasts. */
export interface Gate {
  /** Resolves once there is room; dispose to leave. Errors: `overloaded` when too many wait. */
  enter(): Promise<Disposable>;
  /** How many have been refused so far. */
  refused(): number;
}

/** Of the whole app. */
export interface BodyGates {
  /** A place is held while a body comes. */
  readonly bodies: Gate;
  /** A place is held while a large JSON body is in memory. */
  readonly largeJson: Gate;
}

export interface GateOptions {
  readonly width: number;
  /** 0: who finds no room is refused at once. */
  readonly maxWaiting: number;
  /** What a place is for, as in "expected a free place for a body". */
  readonly holds: string;
}

export function createGate({ width, maxWaiting, holds }: GateOptions): Gate {
  const waiting: (() => void)[] = [];
  let inside = 0;
  let refused = 0;
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
        refused += 1;
        throw new AppError(
          'overloaded',
          `expected a free place for ${holds}; came after ${width + waiting.length} others`,
        );
      }
      await new Promise<void>((resolve) => waiting.push(resolve));
      return place();
    },

    refused: () => refused,
  };
}

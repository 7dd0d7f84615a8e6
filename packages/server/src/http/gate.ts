import { abortReason } from '../domain/abort.ts';
import type { Client } from '../domain/client.ts';
import { AppError } from '../domain/errors.ts';
import { type Caller, createFairLine, whoGivesWay } from '../domain/fair-line.ts';
import type { BodyPlaces } from './body-places.ts';

/** Lets few in at a time, and few wait: what costs much memory while it lasts. Those who wait take turns. */
export interface Gate {
  /**
   * Resolves once there is room; dispose to leave. Errors: `overloaded` when too many wait and nobody has more of them, or when
   * somebody with fewer took the place in the line; why the client left, where it did.
   */
  enter(visitor: Visitor): Promise<Disposable>;
}

export interface Visitor {
  readonly client: Client;
  /** The user it speaks for; '' where nobody has told yet. */
  readonly owner: string;
}

/** Of the whole app. */
export interface BodyGates {
  /** A place is held while a body comes. */
  readonly bodies: BodyPlaces;
  /** A place is held while a large JSON body is in memory. */
  readonly largeJson: Gate;
}

export interface GateOptions {
  readonly width: number;
  /** 0: who finds no room is refused at once. */
  readonly maxWaiting: number;
  /** What a place is for, as in "expected a free place for a large JSON body". */
  readonly holds: string;
}

interface Waiting extends Caller {
  readonly enter: () => void;
  readonly refuse: (error: unknown) => void;
}

export function createGate({ width, maxWaiting, holds }: GateOptions): Gate {
  const line = createFairLine<Waiting>();
  let inside = 0;
  const leave = (): void => {
    const next = line.take();
    if (next) next.enter();
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
  const overloaded = (): AppError =>
    new AppError('overloaded', `expected a free place for ${holds}; got ${width + line.count()} others ahead`);

  const join = (newcomer: Waiting): void => {
    if (line.count() >= maxWaiting) {
      const giving = whoGivesWay(line.all(), newcomer);
      if (!giving) throw overloaded();
      giving.refuse(overloaded());
      line.remove(giving);
    }
    line.add(newcomer);
  };

  return {
    async enter({ client, owner }) {
      const { address, signal } = client;
      if (signal.aborted) throw abortReason(signal);
      if (inside < width) {
        inside += 1;
        return place();
      }
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const waiting: Waiting = { address, owner, enter: resolve, refuse: reject };
      join(waiting);
      const go = () => {
        if (line.remove(waiting)) reject(abortReason(signal));
      };
      signal.addEventListener('abort', go);
      try {
        await promise;
      } finally {
        signal.removeEventListener('abort', go);
      }
      return place();
    },
  };
}

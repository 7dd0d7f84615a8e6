/** A request that carries one part to the store. */
export interface PartRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface PartsOptions {
  /** Bytes of the file: 1 or more. */
  readonly size: number;
  /** Bytes of every part but the last. */
  readonly partSize: number;
}

/** The parts of one file, by their numbers, which begin with 1. Each has arrived, runs, may start, or needs a URL. */
export function createParts({ size, partSize }: PartsOptions) {
  const count = Math.ceil(size / partSize);
  const arrived = new Set<number>();
  /** The bytes that have left of each. */
  const running = new Map<number, number>();
  const ready = new Map<number, PartRequest>();
  const rangeOf = (number: number) => ({ start: (number - 1) * partSize, end: Math.min(number * partSize, size) });
  const bytesOf = (number: number): number => rangeOf(number).end - rangeOf(number).start;
  const isPart = (number: number): boolean => Number.isInteger(number) && number >= 1 && number <= count;

  return {
    rangeOf,
    /** The store says that these have arrived. */
    learn(numbers: readonly number[]): void {
      for (const number of numbers) {
        if (!isPart(number) || running.has(number)) continue;
        arrived.add(number);
        ready.delete(number);
      }
    },
    /** The store has forgotten the upload: nothing has arrived that it doesn't name again. */
    forget(): void {
      arrived.clear();
      ready.clear();
    },
    offer(requests: ReadonlyMap<number, PartRequest>): void {
      for (const [number, request] of requests)
        if (isPart(number) && !arrived.has(number) && !running.has(number)) ready.set(number, request);
    },
    /** The URLs of parts that don't run have expired. */
    expire: (): void => ready.clear(),
    ready: (): number => ready.size,
    /** The first parts that need a URL. */
    wanted(most: number): readonly number[] {
      const numbers: number[] = [];
      for (let number = 1; number <= count && numbers.length < most; number += 1)
        if (!arrived.has(number) && !running.has(number) && !ready.has(number)) numbers.push(number);
      return numbers;
    },
    /** Starts the first part that may start. */
    start(): { readonly number: number; readonly request: PartRequest } | undefined {
      const number = Math.min(...ready.keys());
      const request = ready.get(number);
      if (!request) return undefined;
      ready.delete(number);
      running.set(number, 0);
      return { number, request };
    },
    moved: (number: number, bytes: number): unknown => running.has(number) && running.set(number, bytes),
    /** A part that runs has ended. */
    end(number: number, hasArrived: boolean): void {
      running.delete(number);
      if (hasArrived) arrived.add(number);
    },
    arrived: (): number => arrived.size,
    isComplete: (): boolean => arrived.size === count,
    /** Bytes that have arrived, or left within parts that run. */
    sentBytes(): number {
      const whole = arrived.size * partSize - (arrived.has(count) ? partSize - bytesOf(count) : 0);
      return [...running].reduce((sum, [number, bytes]) => sum + Math.min(bytes, bytesOf(number)), whole);
    },
  };
}

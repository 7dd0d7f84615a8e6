/** Counts causes that repeat: a store that is away would fill the disk of the log with the stacks of all requests. */
export interface RepeatedCauses {
  /** Whether the occurrence is the first in a while, of which everything is to be written. Others are counted, and told once a minute. */
  isFirst(cause: Cause): boolean;
  /** Tells the counts now. */
  flush(): void;
}

export interface Cause {
  readonly key: string;
  /** Causes that find no room are counted together with others of their group, of which there are few. */
  readonly group: string;
  readonly tell: (count: Count) => void;
}

export interface Count {
  readonly repeated: number;
  /** Several causes were counted together. */
  readonly isMixed: boolean;
}

const MINUTE_MS = 60_000;

interface Met extends Pick<Cause, 'tell'> {
  readonly isMixed: boolean;
  repeated: number;
}

/** `maxCauses`: so many are told apart. A cause without a repetition for a minute is forgotten. */
export function createRepeatedCauses({ maxCauses }: { readonly maxCauses: number }): RepeatedCauses {
  const causes = new Map<string, Met>();
  let timer: NodeJS.Timeout | undefined;

  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    for (const [key, met] of causes) {
      const { repeated, isMixed, tell } = met;
      met.repeated = 0;
      if (repeated === 0) causes.delete(key);
      else tell({ repeated, isMixed });
    }
    if (causes.size > 0) wait();
  };
  const wait = (): void => {
    timer ??= setTimeout(flush, MINUTE_MS).unref();
  };

  return {
    isFirst({ key: own, group, tell }) {
      const isMixed = !causes.has(own) && causes.size >= maxCauses;
      const key = isMixed ? `${group}\n` : own;
      const met = causes.get(key);
      if (met) met.repeated += 1;
      else causes.set(key, { repeated: 0, isMixed, tell });
      wait();
      return met === undefined;
    },
    flush,
  };
}

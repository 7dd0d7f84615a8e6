/** Counts causes that repeat: a store that is away would fill the disk of the log with the stacks of all requests. */
export interface RepeatedCauses {
  /** Whether everything of the occurrence is to be written. Others are counted, and told once a minute. */
  isFirst(cause: Cause): boolean;
  /** Tells the counts now. */
  flush(): void;
}

export interface Cause {
  readonly key: string;
  /**
   * Causes that find no room are counted together with others of their group, of which there are few. null: with no
   * other, ever.
   */
  readonly group: string | null;
  /** The id of the record or object at which the cause occurred; the count reports some of these ids. */
  readonly id?: string | undefined;
  readonly tell: (count: Count) => void;
}

export interface Count {
  readonly repeated: number;
  /** Several causes were counted together. */
  readonly isMixed: boolean;
  readonly ids: readonly string[];
}

const MINUTE_MS = 60_000;
const MAX_IDS = 20;
/**
 * The limit of a group's causes, and of its first occurrences at once; later the limit is one a minute, because a
 * message may have a word that is different each time.
 */
const MAX_CAUSES = 10;
/** More of those without a group are written each time. */
const MAX_ALONE = 1_000;

interface Met {
  tell: Cause['tell'];
  repeated: number;
  readonly ids: Set<string>;
  /** It has not been met since the last minute began. */
  isQuiet: boolean;
}

interface Group {
  readonly causes: Map<string, Met>;
  firstsLeft: number;
  readonly others: Met;
}

/** A cause without a repetition for a minute is forgotten. */
export function createRepeatedCauses(): RepeatedCauses {
  const groups = new Map<string | null, Group>();
  let timer: NodeJS.Timeout | undefined;

  const flush = (): void => {
    for (const { causes, others } of groups.values()) {
      for (const met of causes.values()) tellCount(met, false);
      tellCount(others, true);
    }
  };
  const endMinute = (): void => {
    timer = undefined;
    flush();
    for (const [name, group] of groups) {
      group.firstsLeft = Math.min(MAX_CAUSES, group.firstsLeft + 1);
      for (const [key, met] of group.causes) {
        if (met.isQuiet) group.causes.delete(key);
        met.isQuiet = true;
      }
      if (group.causes.size === 0 && group.firstsLeft === MAX_CAUSES) groups.delete(name);
    }
    if (groups.size > 0) wait();
  };
  const wait = (): void => {
    if (timer === undefined) timer = setTimeout(endMinute, MINUTE_MS).unref();
  };

  return {
    isFirst({ key, group: name, id, tell }) {
      const group = groups.get(name) ?? { causes: new Map(), firstsLeft: MAX_CAUSES, others: metFirst(tell) };
      groups.set(name, group);
      wait();
      const known = group.causes.get(key);
      if (known) return meet(known, id);
      const isAlone = name === null;
      const hasRoom = isAlone ? group.causes.size < MAX_ALONE : group.causes.size < MAX_CAUSES && group.firstsLeft > 0;
      if (hasRoom) {
        group.causes.set(key, metFirst(tell));
        if (!isAlone) group.firstsLeft -= 1;
      }
      if (hasRoom || isAlone) return true;
      group.others.tell = tell; // an example of them
      return meet(group.others, id);
    },
    flush,
  };
}

const metFirst = (tell: Cause['tell']): Met => ({ tell, repeated: 0, ids: new Set(), isQuiet: false });

function meet(met: Met, id: string | undefined): false {
  met.repeated += 1;
  met.isQuiet = false;
  if (id !== undefined && met.ids.size < MAX_IDS) met.ids.add(id);
  return false;
}

function tellCount(met: Met, isMixed: boolean): void {
  const { repeated, ids, tell } = met;
  if (repeated === 0) return;
  met.repeated = 0;
  tell({ repeated, isMixed, ids: [...ids] });
  ids.clear();
}

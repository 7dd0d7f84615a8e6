/** Calls that end like a process at one of them. */
export interface DyingCalls {
  /** The part, of which these calls fail once so many were made in all. */
  dying<Part extends object>(part: Part, names: readonly (keyof Part)[]): Part;
  readonly calls: number;
}

/** `count`: the calls before the first that fails. */
export function createDyingCalls(count: number): DyingCalls {
  let calls = 0;
  return {
    dying(part, names) {
      const changed = { ...part };
      for (const name of names) {
        const call = part[name] as (...given: unknown[]) => Promise<unknown>;
        Object.assign(changed, {
          [name]: async (...given: unknown[]) => {
            calls += 1;
            if (calls > count) throw new Error('killed');
            return call(...given);
          },
        });
      }
      return changed;
    },
    get calls() {
      return calls;
    },
  };
}

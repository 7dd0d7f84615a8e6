/** Values by name, each of an owner. */
export interface FairCache<Value> {
  /** Marks it as used now. */
  get(owner: string, name: string): Value | undefined;
  set(owner: string, name: string, value: Value): void;
}

interface Owned<Value> {
  /** The least recently used one first. */
  readonly values: Map<string, Value>;
  /**
   * Kept, because a new iterator walks over the places of all values that were deleted. Nothing that is live is behind
   * it.
   */
  readonly oldest: Iterator<string>;
}

/**
 * At most `max` values. Beyond that the owner with most of them loses its least recently used one. So an owner that has
 * at most `max` divided by the number of owners loses none, however many the others make.
 */
export function createFairCache<Value>(max: number): FairCache<Value> {
  const byOwner = new Map<string, Owned<Value>>();
  /** The owners that have so many values. */
  const bySize = new Map<number, Set<string>>();
  let largest = 0;
  let total = 0;

  function ownedBy(owner: string): Owned<Value> {
    const known = byOwner.get(owner);
    if (known) return known;
    const values = new Map<string, Value>();
    const owned = { values, oldest: values.keys() };
    byOwner.set(owner, owned);
    return owned;
  }

  function resize(owner: string, from: number, to: number): void {
    const before = bySize.get(from);
    before?.delete(owner);
    if (before?.size === 0) bySize.delete(from);
    if (to === 0) byOwner.delete(owner);
    else bySize.set(to, (bySize.get(to) ?? new Set()).add(owner));
    total += to - from;
    if (to > largest || !bySize.has(largest)) largest = to;
  }

  function displace(): void {
    const [owner = ''] = bySize.get(largest) ?? [];
    const { values, oldest } = ownedBy(owner);
    values.delete(oldest.next().value);
    resize(owner, values.size + 1, values.size);
  }

  return {
    get(owner, name) {
      const values = byOwner.get(owner)?.values;
      const value = values?.get(name);
      if (values === undefined || value === undefined) return undefined;
      values.delete(name);
      values.set(name, value);
      return value;
    },

    set(owner, name, value) {
      const { values } = ownedBy(owner);
      const isNew = !values.delete(name);
      values.set(name, value);
      if (isNew) resize(owner, values.size - 1, values.size);
      if (total > max) displace();
    },
  };
}

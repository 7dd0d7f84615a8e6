/** A cache of one entry, for values that rarely change between calls. Clients can't fill it. */
export const rememberLast = <K, V>(compute: (key: K) => V): ((key: K) => V) => {
  let last: { key: K; value: V } | undefined;
  return (key) => {
    if (!last || last.key !== key) last = { key, value: compute(key) };
    return last.value;
  };
};

/** A cache of up to `max` entries with FIFO eviction. Errors of `compute` are not cached. */
export const rememberFew = <K, V>(max: number, compute: (key: K) => V): ((key: K) => V) => {
  const values = keepFew<K, { readonly value: V }>(max);
  return (key) => {
    const known = values.get(key);
    if (known) return known.value;
    const value = compute(key);
    values.set(key, { value });
    return value;
  };
};

/** A map of up to `max` entries with FIFO eviction. */
export function keepFew<K, V>(max: number): Pick<Map<K, V>, 'get'> & { set(key: K, value: V): void } {
  const values = new Map<K, V>();
  return {
    get: (key) => values.get(key),
    set(key, value) {
      for (const oldest of values.keys()) {
        if (values.size < max) break;
        values.delete(oldest);
      }
      values.set(key, value);
    },
  };
}

/** A cache with an entry for each key that is still referenced elsewhere. The key must never change. */
export const rememberEach = <K extends WeakKey, V>(compute: (key: K) => V): ((key: K) => V) => {
  const values = new WeakMap<K, { readonly value: V }>();
  return (key) => {
    const known = values.get(key);
    if (known) return known.value;
    const value = compute(key);
    values.set(key, { value });
    return value;
  };
};

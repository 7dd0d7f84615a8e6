/** One entry is enough for what hardly changes between calls, and can't be filled by strangers. */
export const rememberLast = <K, V>(compute: (key: K) => V): ((key: K) => V) => {
  let last: { key: K; value: V } | undefined;
  return (key) => {
    if (!last || last.key !== key) last = { key, value: compute(key) };
    return last.value;
  };
};

/** Up to `max` entries; to make room goes first what came first. What `compute` throws is not remembered. */
export const rememberFew = <K, V>(max: number, compute: (key: K) => V): ((key: K) => V) => {
  const values = new Map<K, { readonly value: V }>();
  return (key) => {
    const known = values.get(key);
    if (known) return known.value;
    const value = compute(key);
    for (const oldest of values.keys()) {
      if (values.size < max) break;
      values.delete(oldest);
    }
    values.set(key, { value });
    return value;
  };
};

/** One entry for each key that is still in use elsewhere; the key must never change. */
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

/** Whether strings, names and values together have more than `max` characters. Stops there. */
export function isLargerThan(value: unknown, max: number): boolean {
  let left = max;
  const waiting: unknown[] = [value];
  while (waiting.length > 0) {
    const one = waiting.pop();
    left -= typeof one === 'string' ? one.length : 1;
    if (left < 0) return true;
    if (typeof one !== 'object' || one === null) continue;
    for (const [name, inner] of Object.entries(one)) {
      left -= Array.isArray(one) ? 0 : name.length;
      if (left < 0) return true;
      waiting.push(inner);
    }
  }
  return false;
}

/** Whether arrays and objects are nested more than `levels` deep. Stops at that depth. */
export const isDeeperThan = (value: unknown, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((inner) => isDeeperThan(inner, levels - 1)));

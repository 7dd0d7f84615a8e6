import type { Json } from './image.ts';

/**
 * Whether both are the same value; the order of members doesn't matter. Values may be of any depth: a recursion would
 * end at the stack's.
 */
export function isSameJson(one: Json, other: Json): boolean {
  const pairs: [Json, Json][] = [[one, other]];
  for (let pair = pairs.pop(); pair; pair = pairs.pop()) {
    const [left, right] = pair;
    if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) {
      if (left !== right) return false;
      continue;
    }
    if (Array.isArray(left) !== Array.isArray(right)) return false;
    const [members, others] = [Object.entries<Json>(left), new Map(Object.entries<Json>(right))];
    if (members.length !== others.size) return false;
    for (const [name, value] of members) {
      const same = others.get(name);
      if (same === undefined) return false;
      pairs.push([value, same]);
    }
  }
  return true;
}

import type { Json } from './image.ts';

/** Whether both are the same value; the order of members doesn't matter. The recursion ends at the depth of the flatter value. */
export function isSameJson(one: Json, other: Json): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return one === other;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const [members, others] = [Object.entries<Json>(one), new Map(Object.entries<Json>(other))];
  return (
    members.length === others.size &&
    members.every(([name, value]) => {
      const same = others.get(name);
      return same !== undefined && isSameJson(value, same);
    })
  );
}

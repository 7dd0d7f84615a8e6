import type { Image } from './image.ts';

/**
 * Whether the image is as an update with these changes leaves it, and nobody has changed it since. `revision`: before
 * the update.
 */
export const isResultOf = (image: Image, changes: object, revision: number): boolean =>
  Number(image.revision) === revision + 1 &&
  Object.entries(changes).every(
    ([name, value]) => value === undefined || isSame(value, (image as Readonly<Record<string, unknown>>)[name]),
  );

/** By value. The service answers a cleared list or object as an empty one. */
function isSame(left: unknown, right: unknown): boolean {
  if (left === null || right === null) return isEmpty(left) && isEmpty(right);
  if (typeof left !== 'object' || typeof right !== 'object') return left === right;
  const [a, b] = [left, right] as Readonly<Record<string, unknown>>[];
  return Object.keys({ ...a, ...b }).every((name) => isSame(a?.[name], b?.[name]));
}

const isEmpty = (value: unknown): boolean =>
  value === null || (typeof value === 'object' && !Object.keys(value).length);

/** Errors: TypeError for what isn't a file, such as a path. A `File` of another window is a file too. */
export function requireFile(value: unknown): void {
  const { size, slice, arrayBuffer } = Object(value) as Partial<Blob>;
  if (typeof size === 'number' && typeof slice === 'function' && typeof arrayBuffer === 'function') return;
  throw new TypeError(
    `expected a File or a Blob (in Node that of openFile(path)); got ${typeof value === 'string' ? 'a string' : nameOf(value)}`,
  );
}

const nameOf = (value: unknown): string =>
  typeof value === 'object' && value !== null
    ? (value.constructor?.name ?? 'an object')
    : value === null
      ? 'null'
      : typeof value;

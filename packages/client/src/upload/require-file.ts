/** Errors: TypeError for what isn't a file, such as a path. A `File` of another window is a file too. */
export function requireFile(value: unknown): void {
  const { size, slice, arrayBuffer } = Object(value) as Partial<Blob>;
  if (typeof size === 'number' && typeof slice === 'function' && typeof arrayBuffer === 'function') return;
  const got = (value as object | null | undefined)?.constructor?.name ?? value;
  throw new TypeError(`expected a File or a Blob (in Node that of openFile(path)); got ${got}`);
}

/** One way to break the server, which a case of the suite must detect. */
export interface Breakage {
  /** The resulting fault: "the filter by tag is ignored". */
  readonly name: string;
  /** Below packages/server/src. */
  readonly file: string;
  /** Occurs there exactly once. */
  readonly search: string;
  readonly replace: string;
}

/** Breakages of one file, as `[name, search, replace]`. */
export const breakagesOf = (file: string, rows: readonly (readonly [string, string, string])[]): Breakage[] =>
  rows.map(([name, search, replace]) => ({ name, file, search, replace }));

/** One way to break Safelight, which a case of the suite or a test file must detect. */
export interface Breakage {
  /** The resulting fault: "the filter by tag is ignored". */
  readonly name: string;
  /** Below the repository. */
  readonly file: string;
  /** Occurs there exactly once. */
  readonly search: string;
  readonly replace: string;
}

/** A breakage that the suite needn't detect: a test of this file does. */
export interface TestedBreakage extends Breakage {
  /** Below the repository. */
  readonly test: string;
}

type Rows = readonly (readonly [name: string, search: string, replace: string])[];

/** Breakages of one file below packages/server/src. */
export const breakagesOf = (file: string, rows: Rows): Breakage[] =>
  rows.map(([name, search, replace]) => ({ name, file: `packages/server/src/${file}`, search, replace }));

/** Breakages of one file that one test file detects, both below packages/. */
export const breakagesFor = (files: { readonly file: string; readonly test: string }, rows: Rows): TestedBreakage[] =>
  rows.map(([name, search, replace]) => ({
    name,
    file: `packages/${files.file}`,
    search,
    replace,
    test: `packages/${files.test}`,
  }));

/** One way to break Safelight, which a case of the suite or a test file must detect. */
export interface Breakage {
  /** The resulting fault: "the filter by tag is ignored". */
  readonly name: string;
  /** What declares the broken code, as `createPlaces` finds it. */
  readonly place: string;
  /** Occurs there exactly once. `…` stands for the shortest text up to what follows it. */
  readonly code: string;
  /** `…` stands for the same text. */
  readonly replacement: string;
}

/** A breakage that the suite needn't detect: a test of this file does. */
export interface TestedBreakage extends Breakage {
  /** Below the repository. */
  readonly test: string;
}

type Rows = readonly (readonly [name: string, place: string, code: string, replacement: string])[];

export const breakages = (rows: Rows): Breakage[] =>
  rows.map(([name, place, code, replacement]) => ({ name, place, code, replacement }));

/** Breakages that one test file detects. */
export const caughtBy = (test: string, rows: Rows): TestedBreakage[] =>
  breakages(rows).map((breakage) => ({ ...breakage, test }));

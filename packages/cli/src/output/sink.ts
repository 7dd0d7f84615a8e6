/** A stream of the program, and whether a person looks at it. */
export interface Sink {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** A terminal whose size nobody has set says 0, as under script(1) and in some containers. */
export const DEFAULT_COLUMNS = 80;

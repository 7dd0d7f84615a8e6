/** The names of metadata by which lists may be filtered, as the last process asked that started with others. */
export interface FilterRequest {
  readonly id: string;
  /** Sorted. All processes write rows for them. */
  readonly names: readonly string[];
  /** Those that already had the rows of all images: lists by them go on. */
  readonly kept: readonly string[];
  readonly askedAt: Date;
}

/** How many images have the rows that a request asks for. */
export interface FilterWalk {
  /** The id of the request. */
  readonly id: string;
  /** Where it continues; null: at the beginning. */
  readonly position: string | null;
  readonly images: number;
  /** How many of them got other rows. */
  readonly changed: number;
  /** Since when the store has failed, and when the walk continues. */
  readonly failing: { readonly since: Date; readonly until: Date } | null;
  readonly doneAt: Date | null;
}

export interface Filling {
  readonly request: FilterRequest;
  /** null: it hasn't begun. */
  readonly walk: FilterWalk | null;
}

export const begunWalk = ({ id }: FilterRequest): FilterWalk => ({
  id,
  position: null,
  images: 0,
  changed: 0,
  failing: null,
  doneAt: null,
});

/** Those whose rows all images have. */
export const completeNames = ({ request, walk }: Filling): readonly string[] =>
  walk?.doneAt ? request.names : request.kept;

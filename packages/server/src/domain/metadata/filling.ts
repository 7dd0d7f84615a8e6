import { type AskedWalk, atBeginning, type Walk } from '../walk.ts';

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
export interface FilterWalk extends Walk {
  readonly images: number;
  /** How many of them got other rows. */
  readonly changed: number;
}

export type Filling = AskedWalk<FilterRequest, FilterWalk>;

export const begunWalk = (request: FilterRequest): FilterWalk => ({ ...atBeginning(request), images: 0, changed: 0 });

/** Those whose rows all images have. */
export const completeNames = ({ request, walk }: Filling): readonly string[] =>
  walk?.doneAt ? request.names : request.kept;

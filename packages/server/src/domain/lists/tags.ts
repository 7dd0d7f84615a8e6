/** A tag in use, and how many ready images have it. */
export interface TagCount {
  readonly tag: string;
  /** 1 to `MAX_COUNTED`. */
  readonly images: number;
  /** There are more than `images`. */
  readonly isMore: boolean;
}

/** The most images of a tag that are counted. */
export const MAX_COUNTED = 1_000;
/** Behind tags that together have `COUNTED_FULLY` images fewer are counted, so that no answer takes long. */
export const MAX_COUNTED_BEHIND = 20;
export const COUNTED_FULLY = 5_000;

import type { NumberedPicture } from './numbered-picture.ts';

export const OWNER = 'ada';

/** A picture whose bytes clients replace and read. */
export interface ReplacedPicture {
  readonly id: string;
  /** All bytes that it may have had, by their hash: never those that a gate refuses, or that are no picture. */
  readonly sent: Map<string, NumberedPicture>;
  /** The hashes that it may have now, if one client alone replaces it. */
  readonly now: Set<string>;
}

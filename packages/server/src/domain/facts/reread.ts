import { type Details, type Facts, NO_DETAILS, READER, type ReadFacts } from './facts.ts';

/** Nobody has read the picture, or an earlier reader did. */
export const lacksFacts = ({ facts }: { readonly facts: Facts | null }): boolean =>
  facts === null || facts.reader < READER;

/** Facts of a picture that was read again: members that no reader writes stay, such as a date that somebody set. */
export const rereadFacts = (before: Facts | null, read: ReadFacts['facts']): Facts => ({ ...before, ...read });

/** Details of such a picture: a position that somebody set or removed stays, and members of a later version. */
export function rereadDetails(before: Details | null, read: Details | null): Details | null {
  const { positionByHand, unknown } = before ?? {};
  return positionByHand === undefined && unknown === undefined ? read : { ...before, ...(read ?? NO_DETAILS) };
}

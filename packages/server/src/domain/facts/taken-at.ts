import type { Facts } from './facts.ts';
import type { Taken } from './taken.ts';

/** When the picture was taken. A date that somebody set counts, and has no offset; null: it is unknown. */
export function takenAt({ taken, takenByHand }: Facts): Pick<Taken, 'at' | 'offset'> | null {
  if (takenByHand === undefined) return taken;
  return takenByHand === null ? null : { at: takenByHand, offset: null };
}

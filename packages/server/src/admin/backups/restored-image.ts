import { heldSince } from '../../domain/image/hold.ts';
import type { HeldImage, StoredImage } from '../../domain/image/image.ts';
import type { Screening } from '../../domain/image/screening.ts';

interface RestoredWith {
  readonly objectTag: string | null;
  readonly hasEagerPresets: boolean;
  /** The names in force in the place. */
  readonly filteredBy: readonly string[];
  readonly at: Date;
}

/**
 * The record of an image whose bytes came from a backup: all of it but what another store has given. Renditions and
 * working copies aren't archived, so `maintainAt` makes the eager ones again. The wait for a gate begins anew.
 */
export function restoredImage<Archived extends StoredImage>(
  image: Archived,
  { objectTag, hasEagerPresets, filteredBy, at }: RestoredWith,
): Archived {
  const again = ({ maintainAt }: { readonly maintainAt: Date | null }) => ({
    maintainAt: maintainAt !== null || hasEagerPresets ? at : null,
    workingCopy: null,
  });
  if (image.status === 'held') {
    const former = image.former && { ...image.former, ...again(image.former) };
    return { ...image, objectTag, screening: waitingFrom(at, image), former };
  }
  return { ...image, objectTag, ...again(image), ...(image.status === 'ready' && { filteredBy }) };
}

/** With a deadline that is over the image would be refused, and its bytes removed, before any gate is asked. */
function waitingFrom(at: Date, image: HeldImage): Screening {
  const { screening } = image;
  const waitMs = screening.deadline.getTime() - heldSince(image).getTime();
  return { ...screening, askAt: at, deadline: new Date(at.getTime() + waitMs) };
}

import type { Library, Picture } from '../library/library.ts';
import type { Neighbours } from './strip.ts';

/**
 * The neighbours in the library that is shown now. The answer is `undefined` also if the request failed, which isn't
 * the end of the pictures.
 */
export function createNeighbours(library: () => Library): Neighbours {
  const orError = (found: Picture | undefined): Picture | undefined => {
    const { error } = library().snapshot();
    if (!found && error) throw error;
    return found;
  };
  return {
    nextOf: (picture) => library().nextOf(library().positionOf(picture)).then(orError),
    previousOf: (picture) => library().previousOf(library().positionOf(picture)).then(orError),
  };
}

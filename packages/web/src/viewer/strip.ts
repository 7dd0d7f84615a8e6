import type { Picture } from '../library/library.ts';

export interface Neighbours {
  nextOf(picture: Picture): Promise<Picture | undefined>;
  previousOf(picture: Picture): Promise<Picture | undefined>;
}

/**
 * The pictures around the one that is shown, each at a position: known ones, the ends, and those that nobody asked for
 * yet.
 */
export interface Strip {
  /** undefined: not known, or beyond an end. */
  at(position: number): Picture | undefined;
  /** Whether there is none, for certain. */
  isEnd(position: number): boolean;
  /** Forgets all others, and returns the position of the only one. */
  startWith(picture: Picture): number;
  /** A newer version of one that is known. */
  replace(picture: Picture): void;
  /**
   * Finds the picture beside a known one; undefined: there is none. Errors: those of the neighbours; asking again tries
   * again.
   */
  beside(position: number, step: 1 | -1): Promise<Picture | undefined>;
}

/**
 * No two starts share positions within reach of each other, so that nothing kept for an old position is shown at a new
 * one.
 */
const APART = 10_000;

export const LAST_POSITION = 1_000_000_000;

export function createStrip({ nextOf, previousOf }: Neighbours): Strip {
  /** undefined: there is none. */
  const pictures = new Map<number, Picture | undefined>();
  const asked = new Map<number, Promise<Picture | undefined>>();
  let start = LAST_POSITION / 2;

  return {
    at: (position) => pictures.get(position),
    isEnd: (position) => pictures.has(position) && pictures.get(position) === undefined,
    startWith(picture) {
      start += APART;
      pictures.clear();
      asked.clear();
      pictures.set(start, picture);
      return start;
    },
    replace(picture) {
      for (const [position, known] of pictures)
        if (known?.image_id === picture.image_id) pictures.set(position, picture);
    },
    beside(position, step) {
      const place = position + step;
      const from = pictures.get(position);
      if (!from || pictures.has(place)) return Promise.resolve(pictures.get(place));
      const known = asked.get(place);
      if (known) return known;
      const answer = (step === 1 ? nextOf(from) : previousOf(from))
        .then((found) => {
          if (asked.get(place) === answer) pictures.set(place, found);
          return found;
        })
        .finally(() => {
          if (asked.get(place) === answer) asked.delete(place);
        });
      asked.set(place, answer);
      return answer;
    },
  };
}

/** From this many on it has another reason that most of a page are wrong. */
const DOUBTFUL_OF_PAGE = 20;
/** The factor for all pages so far: a small store has no more. */
const DOUBTFUL_OF_ALL = 3;

interface Judged {
  readonly wrong: number;
  readonly right: number;
}

const isMost = ({ wrong, right }: Judged, atLeast: number): boolean => wrong > right && wrong >= atLeast;

/**
 * Whether so much is wrong that records and objects may not belong together: nothing of it is mended then. Pages count
 * together too, because a page may be small, such as the last one.
 */
export function createDoubt() {
  const all = { wrong: 0, right: 0 };
  const isMostOfAll = (): boolean => isMost(all, DOUBTFUL_OF_ALL);
  return {
    /** Counts one more page. True if most of it, or most of all pages so far, is wrong. */
    isMost(page: Judged): boolean {
      all.wrong += page.wrong;
      all.right += page.right;
      return isMost(page, DOUBTFUL_OF_PAGE) || isMostOfAll();
    },
    isMostOfAll,
  };
}

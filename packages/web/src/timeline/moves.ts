import type { Library } from '../library/library.ts';
import { BEFORE_ALL, justAfter } from '../library/position.ts';
import { type Place, placeOf, rowsBetween } from './places.ts';
import type { TimelineLayout } from './timeline-layout.ts';

export type Move = 'newer' | 'older' | 'up' | 'down' | 'page-up' | 'page-down' | 'newest' | 'oldest';

interface From {
  readonly library: Library;
  readonly layout: TimelineLayout;
  readonly from: string;
  readonly where: Move;
}

/** How far a row is looked for: a heading, and a gap between. */
const NEAR = 1_000;

/** The picture to which a key moves; undefined: it stays. */
export async function movedFrom({ library, layout, from, where }: From): Promise<string | undefined> {
  const position = library.loaded(from)?.at;
  if (position === undefined) return undefined;
  const place = placeOf(layout, position);
  switch (where) {
    case 'newer':
      return (await library.previousOf(position))?.image_id;
    case 'older':
      return (await library.nextOf(position))?.image_id;
    case 'up':
      return place && (below(place, rowsBetween(layout, place.top - NEAR, place.top).at(-1)) ?? from);
    case 'down': {
      const end = place && place.top + place.height;
      const next = end === undefined ? undefined : rowsBetween(layout, end, end + NEAR)[0];
      // The next rows aren't loaded yet.
      return place && (below(place, next) ?? (await library.nextOf(position))?.image_id);
    }
    case 'page-up':
      return place && below(place, rowsBetween(layout, place.top - screen(), place.top)[0]);
    case 'page-down':
      return place && below(place, rowsBetween(layout, place.top + place.height, place.top + screen()).at(-1));
    case 'newest': {
      const [first] = library.snapshot().segments;
      return first?.kind === 'block' ? (await library.nextOf(justAfter(first.newest)))?.image_id : undefined;
    }
    case 'oldest':
      return (await library.previousOf(BEFORE_ALL))?.image_id;
  }
}

const screen = (): number => innerHeight * 0.8;

/** The one whose middle is the nearest. */
function below(place: Place, row: readonly Place[] | undefined): string | undefined {
  const middle = place.left + place.width / 2;
  const distance = ({ left, width }: Place): number => Math.abs(left + width / 2 - middle);
  return row?.toSorted((one, other) => distance(one) - distance(other))[0]?.picture.image_id;
}

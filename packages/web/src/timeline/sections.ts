import type { Sorted } from '../library/library.ts';
import { type Place, placeOf, rowsBetween } from './places.ts';
import type { TimelineLayout } from './timeline-layout.ts';

/** The pictures of a day, or of several, as far as they are rendered. */
export interface Section {
  readonly key: string;
  /** The times of its first picture and of one of its oldest day, in milliseconds. */
  readonly time: number;
  readonly lastTime: number;
  /** Whether they are of several days. */
  readonly isJoined: boolean;
  readonly top: number;
  readonly left: number;
  readonly width: number;
  readonly height: number;
  readonly places: readonly Place[];
}

export interface Rendered {
  readonly layout: TimelineLayout;
  readonly from: number;
  readonly to: number;
}

/**
 * The days between two heights. `pinned`, the picture with the focus, is there wherever it is, because the focus goes
 * with its element.
 */
export function sectionsIn({ layout, from, to }: Rendered, pinned: Sorted | undefined): readonly Section[] {
  const sections: Section[] = [];
  const counts = new Map<number, number>();
  /** The oldest day of the last section. */
  let lastDay: number | undefined;
  const rest = pinned && placeOf(layout, pinned.at);
  const places = rowsBetween(layout, from, to).flat();
  const isOutside =
    rest !== undefined && rest.picture.at === pinned?.at && !places.some(({ picture }) => picture.at === pinned?.at);
  for (const block of layout.placed) {
    if (block.kind === 'gap' || !block.layout) continue;
    const ofBlock = isOutside && rest?.block === block ? rest : undefined;
    if (!ofBlock && (block.top >= to || block.top + block.height <= from)) continue;
    const within = places.filter((place) => place.block === block);
    for (const part of block.layout.parts) {
      const [top, end] = [block.top + part.top, block.top + part.top + part.height];
      // In their order: an element that is moved begins its fade again.
      const own = [...within, ...(ofBlock ? [ofBlock] : [])]
        .filter(({ day }) => day === part.day)
        .toSorted((one, other) => one.top - other.top || one.left - other.left);
      if (own.length === 0 && (top >= to || end <= from)) continue;
      const last = sections.at(-1);
      if (last && lastDay === part.day && last.top + last.height === top) {
        sections[sections.length - 1] = { ...last, height: end - last.top, places: [...last.places, ...own] };
      } else {
        const count = counts.get(part.day) ?? 0;
        counts.set(part.day, count + 1);
        const key = `${part.day}-${count}`; // a day with a gap in it has two
        const { time, lastTime, left, width } = part;
        const isJoined = part.day !== part.lastDay;
        sections.push({ key, time, lastTime, isJoined, top, left, width, height: end - top, places: own });
      }
      lastDay = part.lastDay;
    }
  }
  return sections;
}

import {
  type FocusEvent,
  type KeyboardEvent,
  type RefObject,
  useEffect,
  useLayoutEffect,
  useReducer,
  useRef,
  useState,
} from 'react';
import type { Library, Picture } from '../library/library.ts';
import { useRoute } from '../routes.ts';
import { type Move, movedFrom } from './moves.ts';
import { placeOf } from './places.ts';
import type { Timeline } from './timeline.ts';

interface FocusOptions {
  readonly library: Library;
  readonly timeline: Timeline;
  readonly element: RefObject<HTMLElement | null>;
  readonly onTrash: (picture: Picture) => void;
}

const MOVES: Readonly<Record<string, Move>> = {
  ArrowLeft: 'newer',
  ArrowRight: 'older',
  ArrowUp: 'up',
  ArrowDown: 'down',
  PageUp: 'page-up',
  PageDown: 'page-down',
  Home: 'newest',
  End: 'oldest',
};

/** One for each frame. */
const MOST_ATTEMPTS = 60;

/** One picture at a time has the grid's tab stop; keys move it. Its element stays in the document while it has the focus. */
export function useFocus({ library, timeline, element, onTrash }: FocusOptions) {
  /** The last one that had the focus. */
  const [current, setCurrent] = useState<string>();
  const [hasFocus, setHasFocus] = useState(false);
  /** Which gets the focus as soon as it is rendered. */
  const wanted = useRef<string>(undefined);
  const attempts = useRef(0);
  /** Renders for each wish, also for the picture that is the current one already: the viewer may have taken the focus from it. */
  const [, wish] = useReducer((count: number) => count + 1, 0);
  const pinned = hasFocus || wanted.current !== undefined ? current : undefined;

  const focus = (id: string): void => {
    wanted.current = id;
    attempts.current = 0;
    setCurrent(id);
    setHasFocus(true);
    wish();
    bringIntoView(timeline, id);
  };

  useEffect(() => timeline.pin(pinned), [timeline, pinned]);

  // After each render: the tile may be in it.
  useLayoutEffect(() => {
    const id = wanted.current;
    if (id === undefined) return;
    const tile = element.current?.querySelector<HTMLElement>(`[data-image="${CSS.escape(id)}"]`);
    if (!tile) return;
    tile.focus({ preventScroll: true });
    attempts.current += 1;
    if (document.activeElement === tile || attempts.current > MOST_ATTEMPTS) {
      wanted.current = undefined;
      return;
    }
    // The viewer that closes still keeps the grid inert.
    const again = requestAnimationFrame(wish);
    return () => cancelAnimationFrame(again);
  });

  // The picture with the focus was removed: its neighbour gets the focus.
  useEffect(() => {
    if (!hasFocus || current === undefined) return;
    return library.subscribe(() => {
      const neighbour = placeOf(timeline.view().layout, current)?.picture.image_id;
      if (neighbour === current) return;
      const { pictures } = library.snapshot();
      const next = neighbour ?? pictures.findLast(({ image_id }) => image_id > current)?.image_id;
      if (next !== undefined) focus(next);
    });
  });

  const { image } = useRoute();
  const before = useRef(image);
  useEffect(() => {
    const opened = before.current;
    before.current = image;
    if (opened === undefined || image !== undefined) return;
    // Back from the viewer: the picture that it showed last.
    void library.find(opened).then((picture) => {
      if (picture) focus(picture.image_id);
    });
  });

  const move = async (from: string, where: Move): Promise<void> => {
    const id = await movedFrom({ library, layout: timeline.view().layout, from, where });
    if (id !== undefined) focus(id);
  };

  const handlers = {
    onKeyDown(event: KeyboardEvent): void {
      if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
      const id = idOf(event.target);
      if (id === undefined) return;
      const where = MOVES[event.key];
      if (where) {
        event.preventDefault();
        void move(id, where);
      } else if (event.key === 'Delete' || event.key === 'Backspace') {
        event.preventDefault();
        if (event.repeat) return; // a key that is held would empty a row
        const picture = placeOf(timeline.view().layout, id)?.picture;
        if (picture) onTrash(picture);
      }
    },
    onFocus(event: FocusEvent): void {
      const id = idOf(event.target);
      if (id === undefined) return;
      setCurrent(id);
      setHasFocus(true);
    },
    onBlur(event: FocusEvent): void {
      // A tile that was removed had the focus until then, and its neighbour gets it.
      if (event.target.isConnected && wanted.current === undefined) setHasFocus(false);
    },
  };
  return { current, pinned, focus, handlers };
}

const idOf = (target: EventTarget): string | undefined =>
  target instanceof HTMLElement ? target.closest<HTMLElement>('[data-image]')?.dataset['image'] : undefined;

/** Pixels between it and the edge of the screen. */
const SPACE = 8;

/** Scrolls as little as it takes. */
export function bringIntoView(timeline: Timeline, id: string): void {
  const { layout } = timeline.view();
  const place = placeOf(layout, id);
  if (!place) return;
  const bar = Number.parseFloat(getComputedStyle(document.documentElement).getPropertyValue('--bar'));
  const upper = place.top - layout.metrics.headingHeight - SPACE;
  const lower = place.top + place.height + SPACE + bar - innerHeight;
  if (scrollY > upper) scrollTo({ top: Math.max(0, upper), behavior: 'instant' });
  else if (scrollY < lower) scrollTo({ top: lower, behavior: 'instant' });
}

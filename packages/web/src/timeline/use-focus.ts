import {
  type FocusEvent,
  type KeyboardEvent,
  type RefObject,
  useCallback,
  useEffect,
  useLayoutEffect,
  useReducer,
  useRef,
} from 'react';
import { useRoute } from '#routes';
import type { Library, Sorted } from '../library/library.ts';
import { focusAfter, NO_FOCUS, pinnedBy } from './focus-state.ts';
import { type Move, movedFrom } from './moves.ts';
import { placeOf } from './places.ts';
import { PAGE_TOP, type Timeline, type TimelineView } from './timeline.ts';

/** What keys do to the picture with the focus, by `KeyboardEvent.key`. Backspace is Delete. */
export type Keys = Readonly<Record<string, (picture: Sorted) => void>>;

interface FocusOptions {
  readonly library: Library;
  readonly timeline: Timeline;
  readonly view: TimelineView;
  readonly element: RefObject<HTMLElement | null>;
  readonly keys: Keys;
  /** Shift moves the focus from one picture to another, and selects what is between. */
  readonly onExtend: ((from: Sorted, to: Sorted) => void) | undefined;
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

/**
 * One picture at a time has the grid's tab stop; keys move it. Its element stays in the document while it has the
 * focus.
 */
export function useFocus({ library, timeline, view, element, keys, onExtend }: FocusOptions) {
  const [state, dispatch] = useReducer(focusAfter, NO_FOCUS);
  const pinned = pinnedBy(state);
  useEffect(() => timeline.pin(pinned), [timeline, pinned]);

  useLayoutEffect(() => {
    if (state.at !== 'coming' || !isPlaced(view, library.loaded(state.id))) return;
    const { id, part } = state;
    const find = (selector: string) => element.current?.querySelector<HTMLElement>(selector);
    const target = find(`[data-over="${id}"] [data-part="${part}"]`) ?? find(`[data-image="${id}"]`);
    target?.focus({ preventScroll: true });
    if (document.activeElement === target) return dispatch({ type: 'focused', id, part });
    const again = requestAnimationFrame(() => dispatch({ type: 'refused' }));
    return () => cancelAnimationFrame(again);
  }, [state, view, element, library]);

  useEffect(() => {
    const at = pinned === undefined ? undefined : library.loaded(pinned)?.at;
    if (at === undefined) return;
    return library.subscribe(() => {
      const neighbour = placeOf(timeline.view().layout, at)?.picture.image_id;
      if (neighbour === pinned) return;
      const next = neighbour ?? library.snapshot().pictures.findLast((one) => one.at > at)?.image_id;
      if (next === undefined) return;
      dispatch({ type: 'removed', next });
      bringIntoView(timeline, library.loaded(next));
    });
  }, [library, timeline, pinned]);

  const focus = useCallback(
    (id: string): void => {
      dispatch({ type: 'wanted', id });
      bringIntoView(timeline, library.loaded(id));
    },
    [timeline, library],
  );

  useEffect(() => {
    const look = (): void => {
      const { revealed } = library.snapshot();
      if (!revealed) return;
      focus(revealed.image_id); // first, because the library keeps what is revealed
      library.reveal(undefined);
    };
    look();
    return library.subscribe(look);
  }, [library, focus]);

  const { image } = useRoute();
  const before = useRef(image);
  useEffect(() => {
    const opened = before.current;
    before.current = image;
    if (opened === undefined || image !== undefined) return;
    // Back from the viewer: the picture that it showed last.
    void library.find(opened).then((picture) => picture && focus(picture.image_id));
  }, [image, library, focus]);

  const move = async (from: string, where: Move, isExtending: boolean): Promise<void> => {
    const id = await movedFrom({ library, layout: timeline.view().layout, from, where });
    if (id === undefined) return;
    focus(id);
    const [one, other] = [library.loaded(from), library.loaded(id)];
    if (isExtending && one && other) onExtend?.(one, other);
  };

  const handlers = {
    onKeyDown(event: KeyboardEvent): void {
      const isExtending = event.shiftKey && event.key !== ' ';
      if (event.ctrlKey || event.metaKey || event.altKey || (isExtending && !(onExtend && event.key in MOVES))) return;
      const { id, part } = partOf(event.target);
      if (id === undefined) return;
      // A button over the tile is pressed by Space.
      const where = event.key === ' ' && !part ? (event.shiftKey ? 'page-up' : 'page-down') : MOVES[event.key];
      const act = keys[event.key === 'Backspace' ? 'Delete' : event.key];
      if (!where && !act) return;
      event.preventDefault();
      const picture = library.loaded(id);
      if (where) void move(id, where, isExtending);
      else if (act && picture && !event.repeat) act(picture); // a key that is held would empty a row
    },
    onFocus({ target }: FocusEvent): void {
      const { id, part } = partOf(target);
      if (id !== undefined) dispatch({ type: 'focused', id, part });
    },
    onBlur({ target }: FocusEvent): void {
      // A tile that was removed had the focus until then, and its neighbour gets it.
      if (target.isConnected) dispatch({ type: 'left' });
    },
  };
  return { current: state.id, pinned, focus, handlers };
}

const isPlaced = ({ layout }: TimelineView, picture: Sorted | undefined): boolean =>
  picture !== undefined && placeOf(layout, picture.at)?.picture.image_id === picture.image_id;

function partOf(target: EventTarget): { readonly id: string | undefined; readonly part: string | undefined } {
  const dataOf = (selector: string) =>
    target instanceof Element ? target.closest<HTMLElement>(selector)?.dataset : undefined;
  const { image, over } = dataOf('[data-image], [data-over]') ?? {};
  return { id: image ?? over, part: dataOf('[data-part]')?.['part'] };
}

/** Pixels between it and the edge of the screen. */
const SPACE = 8;

/** Scrolls as little as it takes. */
function bringIntoView({ view, scroller }: Timeline, picture: Sorted | undefined): void {
  const { layout } = view();
  const place = picture && placeOf(layout, picture.at);
  if (!place) return;
  const bar = Number.parseFloat(getComputedStyle(document.documentElement).getPropertyValue('--bar'));
  const upper = place.top - layout.metrics.headingHeight - SPACE;
  const lower = place.top + place.height + SPACE + bar - scroller.height();
  if (scroller.top() > upper) scroller.scrollTo(upper > 0 ? upper : PAGE_TOP);
  else if (scroller.top() < lower) scroller.scrollTo(lower);
}

import type { MouseEvent, PointerEvent } from 'react';
import type { Library, Sorted } from '../library/library.ts';
import type { Begin } from './create-selecting.ts';
import { drag } from './drag.ts';

/** Until a finger that rests on a picture selects it. */
const LONG_PRESS_MS = 450;
/** Pixels: a finger that moves farther scrolls. */
const MOST_MOVED = 10;

interface Press {
  readonly x: number;
  readonly y: number;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** Handlers for the grid: while pictures are selected a click on one selects it, before it opens it. */
export interface PointerHandlers {
  onPointerDown(event: PointerEvent): void;
  onPointerMove(event: PointerEvent): void;
  onPointerUp(): void;
  onPointerCancel(): void;
  onContextMenu(event: MouseEvent): void;
  onClickCapture(event: MouseEvent): void;
}

interface PointerOptions {
  readonly begin: Begin;
  readonly isSelecting: () => boolean;
}

export function createPointer(library: Library, { begin, isSelecting }: PointerOptions): PointerHandlers {
  /** A finger that rests on a picture. */
  let press: Press | undefined;
  /** Whether the press has done its work before its click. */
  let isDone = false;
  const release = (): void => {
    clearTimeout(press?.timer);
    press = undefined;
  };
  return {
    onPointerDown(event) {
      release();
      isDone = false;
      const picture = pictureAt(event.target, library);
      if (!picture || event.button !== 0 || !event.isPrimary) return;
      if (event.pointerType === 'touch') {
        const { clientX: x, clientY: y } = event;
        const held = (): void => {
          isDone = true;
          begin((selecting) => selecting.toggle(picture.at));
        };
        press = { x, y, timer: setTimeout(held, LONG_PRESS_MS) };
      } else if (event.shiftKey) drag(library, begin, picture);
    },
    onPointerMove({ clientX, clientY }) {
      if (press && Math.hypot(clientX - press.x, clientY - press.y) > MOST_MOVED) release();
    },
    onPointerUp: release,
    onPointerCancel: release,
    /** A long press would open the menu of a link. */
    onContextMenu(event) {
      if (press) event.preventDefault();
    },
    onClickCapture(event) {
      const picture = pictureAt(event.target, library);
      if (!picture) return;
      const isMark = event.target instanceof Element && event.target.closest(MARK) !== null;
      const { shiftKey: isRange, detail } = event;
      const isElsewhere = event.ctrlKey || event.metaKey || event.altKey;
      const isPressed = isSelecting() && detail > 0; // a key opens the picture
      if (!isDone && !isMark && (isElsewhere || !(isRange || isPressed))) return;
      event.preventDefault();
      event.stopPropagation();
      const { at } = picture;
      if (!isDone) begin((selecting) => (isRange ? selecting.extend(at) : selecting.toggle(at)));
    },
  };
}

const MARK = '[data-part="select"]';

/** The picture of a tile or of its mark. */
function pictureAt(target: EventTarget, library: Library): Sorted | undefined {
  const tile = target instanceof Element ? target.closest<HTMLElement>(`[data-image], ${MARK}`) : null;
  const id = tile?.dataset['image'] ?? tile?.closest<HTMLElement>('[data-over]')?.dataset['over'];
  const picture = id === undefined ? undefined : library.loaded(id);
  return picture?.status === 'deleted' ? undefined : picture;
}

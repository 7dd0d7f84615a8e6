/** In pixels of the screen. */
export interface Pointer {
  readonly x: number;
  readonly y: number;
}

interface Following {
  /** Called as the pointer moves, and as the page scrolls below it. Returns whether it drags something. */
  readonly reach: (pointer: Pointer) => boolean;
  /** `isDone`: it was released after a drag, not called off. */
  readonly onEnd?: (isDone: boolean) => void;
}

/** Pixels from the edges of the screen where a drag scrolls, and the most in a frame. */
const EDGE = 64;
const FASTEST = 24;

/** Until the pointer is released, or Escape is pressed. A drag isn't followed by a click. */
export function followPointer({ reach, onEnd }: Following): void {
  const ending = new AbortController();
  const { signal } = ending;
  let isDragging = false;
  let pointer: Pointer = { x: 0, y: 0 };

  function move(): void {
    const wasDragging = isDragging;
    isDragging = reach(pointer) || isDragging;
    if (isDragging && !wasDragging) requestAnimationFrame(scroll);
  }

  function scroll(): void {
    if (signal.aborted) return;
    const beyond = Math.max(0, pointer.y - innerHeight + EDGE) - Math.max(0, EDGE * 2 - pointer.y);
    if (beyond !== 0) {
      scrollBy({ top: (FASTEST * Math.max(-EDGE, Math.min(EDGE, beyond))) / EDGE, behavior: 'instant' });
      move();
    }
    requestAnimationFrame(scroll);
  }

  function end(isDone: boolean): void {
    ending.abort();
    onEnd?.(isDone && isDragging);
    if (!isDragging) return;
    const swallow = (event: MouseEvent): void => {
      event.preventDefault();
      event.stopPropagation();
    };
    addEventListener('click', swallow, { capture: true, once: true });
    setTimeout(() => removeEventListener('click', swallow, { capture: true })); // it follows at once, or not at all
  }

  const onMove = ({ buttons, clientX, clientY }: PointerEvent): void => {
    pointer = { x: clientX, y: clientY };
    if (buttons === 1) move();
    else end(false);
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || !isDragging) return;
    event.preventDefault();
    event.stopPropagation();
    end(false);
  };
  addEventListener('pointermove', onMove, { signal });
  addEventListener('keydown', onKey, { signal, capture: true });
  addEventListener('pointerup', () => end(true), { signal });
  addEventListener('pointercancel', () => end(false), { signal });
}

/** The tile below the pointer. */
export const tileAt = ({ x, y }: Pointer): HTMLElement | undefined =>
  document.elementFromPoint(x, y)?.closest<HTMLElement>('[data-image], [data-over]') ?? undefined;

/** The id of its picture. */
export const imageOf = (tile: HTMLElement | undefined): string => tile?.dataset['image'] ?? tile?.dataset['over'] ?? '';

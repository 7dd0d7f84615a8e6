import type { Library, Sorted } from '../library/library.ts';
import type { Begin } from './create-selecting.ts';

/** Pixels from the edges of the screen where a drag scrolls, and the most in a frame. */
const EDGE = 64;
const FASTEST = 24;

/** Until the pointer is released: selects the range from that picture to the one below the pointer. */
export function drag(library: Library, begin: Begin, from: Sorted): void {
  const ending = new AbortController();
  const { signal } = ending;
  let isDragging = false;
  let pointer = { x: 0, y: 0 };

  function reach(): void {
    const tile = document.elementFromPoint(pointer.x, pointer.y)?.closest<HTMLElement>('[data-image], [data-over]');
    const picture = library.loaded(tile?.dataset['image'] ?? tile?.dataset['over'] ?? '');
    if (!picture || (!isDragging && picture.at === from.at)) return;
    if (!isDragging) {
      isDragging = true;
      begin((selecting) => selecting.anchor(from.at));
      requestAnimationFrame(scroll);
    }
    begin((selecting) => selecting.extend(picture.at));
  }

  function scroll(): void {
    if (signal.aborted) return;
    const beyond = Math.max(0, pointer.y - innerHeight + EDGE) - Math.max(0, EDGE * 2 - pointer.y);
    if (beyond !== 0) {
      scrollBy({ top: (FASTEST * Math.max(-EDGE, Math.min(EDGE, beyond))) / EDGE, behavior: 'instant' });
      reach();
    }
    requestAnimationFrame(scroll);
  }

  function end(): void {
    ending.abort();
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
    if (buttons === 1) reach();
    else end();
  };
  addEventListener('pointermove', onMove, { signal });
  for (const name of ['pointerup', 'pointercancel']) addEventListener(name, end, { signal });
}

import { type RefObject, useEffect } from 'react';

const SCROLLING = new Set([' ', 'PageUp', 'PageDown', 'Home', 'End']);
/** They scroll, or use these keys, themselves. */
const OWN = 'dialog, aside, button';

/** What would scroll the page behind the element doesn't. */
export function useStillPage(element: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const target = element.current;
    const stop = (event: WheelEvent | KeyboardEvent): void => {
      if (event instanceof KeyboardEvent && !SCROLLING.has(event.key)) return;
      const own = event.target instanceof Element ? event.target.closest(OWN) : null;
      const scrolls = own !== null && (event instanceof KeyboardEvent || own.scrollHeight > own.clientHeight);
      if (!scrolls) event.preventDefault();
    };
    target?.addEventListener('wheel', stop, { passive: false });
    target?.addEventListener('keydown', stop);
    return () => {
      target?.removeEventListener('wheel', stop);
      target?.removeEventListener('keydown', stop);
    };
  }, [element]);
}

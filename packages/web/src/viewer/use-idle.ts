import { type RefObject, useEffect, useRef, useState } from 'react';

/** Long enough to read the bar. */
const IDLE_MS = 3_000;

export interface Idle {
  /** Nobody moved the mouse or pressed a key for a while. */
  readonly isIdle: boolean;
  wake(): void;
  toggle(): void;
}

export function useIdle(element: RefObject<HTMLElement | null>): Idle {
  const [isIdle, setIsIdle] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const wake = (): void => {
    setIsIdle(false);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setIsIdle(true), IDLE_MS);
  };
  const latest = useRef(wake);
  latest.current = wake;
  useEffect(() => {
    const onMove = (event: Event): void => {
      // A finger that swipes wants the picture; a tap shows the bar.
      if (event instanceof PointerEvent && event.pointerType === 'touch') return;
      // A tap moves the focus too, and would show the bar and hide it again.
      if (event.type === 'focusin' && event.target instanceof Element && !event.target.matches(':focus-visible'))
        return;
      latest.current();
    };
    const target = element.current;
    const events = ['pointermove', 'keydown', 'focusin'];
    for (const event of events) target?.addEventListener(event, onMove);
    latest.current();
    return () => {
      for (const event of events) target?.removeEventListener(event, onMove);
      clearTimeout(timer.current);
    };
  }, [element]);
  return {
    isIdle,
    wake,
    toggle() {
      if (isIdle) wake();
      else setIsIdle(true);
    },
  };
}

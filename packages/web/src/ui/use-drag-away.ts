import type { PointerEvent, RefObject } from 'react';
import { useRef } from 'react';

/** The part of the sheet's height beyond which a drag closes the sheet. */
const ENOUGH = 0.25;
/** Pixels in a millisecond: so fast, any distance is enough. */
const FLING = 0.5;

/** Handlers for the header of a sheet as wide as the screen: it drags the sheet away. */
export function useDragAway(sheet: RefObject<HTMLElement | null>, onAway: () => void) {
  const start = useRef<{ readonly y: number; readonly time: number }>(undefined);
  const moveTo = (y: number | undefined): void => {
    if (!sheet.current) return;
    sheet.current.style.transition = y === undefined ? '' : 'none';
    sheet.current.style.transform = y === undefined ? '' : `translateY(${Math.max(0, y)}px)`;
  };
  return {
    onPointerDown(event: PointerEvent<HTMLElement>): void {
      if ((sheet.current?.offsetWidth ?? 0) < document.documentElement.clientWidth) return;
      if (event.target instanceof Element && event.target.closest('button')) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      start.current = { y: event.clientY, time: event.timeStamp };
    },
    onPointerMove({ clientY }: PointerEvent): void {
      if (start.current) moveTo(clientY - start.current.y);
    },
    onPointerUp({ clientY, timeStamp }: PointerEvent): void {
      if (!start.current) return;
      const [distance, time] = [clientY - start.current.y, timeStamp - start.current.time];
      start.current = undefined;
      const isEnough = distance > ENOUGH * (sheet.current?.offsetHeight ?? 0) || distance / Math.max(1, time) > FLING;
      if (isEnough) onAway();
      else moveTo(undefined);
    },
    onPointerCancel(): void {
      start.current = undefined;
      moveTo(undefined);
    },
  };
}

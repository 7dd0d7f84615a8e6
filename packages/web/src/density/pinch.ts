import type { Point } from '../timeline/timeline.ts';
import { chooseDensity, densityAfter } from './density.ts';

/** Fingers that are so many times as far from each other as before ask for the next density. */
const STEP = 1.35;

/**
 * Two fingers on the grid change its density, instead of the browser's zoom. A page that is zoomed already stays the
 * browser's, so that fingers on the grid take its zoom back. Returns how to stop.
 */
export function listenForPinches(grid: HTMLElement): () => void {
  const ending = new AbortController();
  const { signal } = ending;
  let release = (): void => undefined;
  const claim = (): void => {
    grid.style.touchAction = isZoomed() ? '' : 'pan-x pan-y';
  };
  claim();
  visualViewport?.addEventListener('resize', claim, { signal });
  grid.addEventListener(
    'touchstart',
    ({ touches }) => {
      release();
      const isPinch = touches.length === 2 && [...touches].every(({ target }) => grid.contains(target as Node));
      if (isPinch && !isZoomed()) release = follow(touches, grid);
    },
    { signal, passive: true },
  );
  return () => {
    ending.abort();
    release();
    grid.style.touchAction = '';
  };
}

/** Until a finger is lifted. */
function follow(fingers: TouchList, grid: HTMLElement): () => void {
  const ending = new AbortController();
  const options = { signal: ending.signal, passive: true };
  let before = distanceOf(fingers);
  const onMove = ({ touches }: TouchEvent): void => {
    const distance = distanceOf(touches);
    const by = distance > before * STEP ? 1 : distance < before / STEP ? -1 : undefined;
    if (by === undefined) return;
    before = distance;
    const density = densityAfter(by);
    if (density) chooseDensity(density, middleOf(touches, grid));
  };
  const end = (): void => ending.abort();
  // At the tiles themselves: events of one that leaves the document don't reach the grid.
  for (const { target } of fingers) {
    target.addEventListener('touchmove', (event) => onMove(event as TouchEvent), options);
    for (const name of ['touchend', 'touchcancel']) target.addEventListener(name, end, options);
  }
  return end;
}

const isZoomed = (): boolean => (visualViewport?.scale ?? 1) > 1.01;

function distanceOf([one, other]: TouchList): number {
  return one && other ? Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) : 0;
}

function middleOf([one, other]: TouchList, grid: HTMLElement): Point | undefined {
  return (
    one &&
    other && {
      x: (one.clientX + other.clientX) / 2 - grid.getBoundingClientRect().left,
      y: (one.clientY + other.clientY) / 2,
    }
  );
}

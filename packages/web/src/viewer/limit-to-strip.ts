import type PhotoSwipe from 'photoswipe';
import type { Strip } from './strip.ts';

/** How far a finger moves the first picture to the right, as PhotoSwipe does it. */
const FRICTION = 0.35;

/**
 * PhotoSwipe knows the number of pictures, not where they begin: it must not move to where there is none, in both
 * directions.
 */
export function limitToStrip(pswp: PhotoSwipe, strip: Strip): void {
  const { mainScroll } = pswp;
  const { moveIndexBy, moveTo } = mainScroll;
  mainScroll.moveIndexBy = (difference, ...rest) => {
    const isBeyond = Math.abs(difference) === 1 && !strip.at(pswp.potentialIndex + difference);
    return moveIndexBy.call(mainScroll, isBeyond ? 0 : difference, ...rest);
  };
  mainScroll.moveTo = (x, isDragging) => {
    const step = x > mainScroll.getCurrSlideX() ? -1 : 1;
    const isBeyond = isDragging === true && !strip.at(pswp.currIndex + step);
    moveTo.call(mainScroll, isBeyond ? mainScroll.x + (x - mainScroll.x) * FRICTION : x, isDragging);
  };
}

import { useSyncExternalStore } from 'react';

const TOUCH = matching('(pointer: coarse)');
const NARROW = matching('(width < 600px)');

/** Whether a finger points, as on a phone: nothing is dropped there, and there is a camera. */
export const useIsTouch = (): boolean => useSyncExternalStore(TOUCH.subscribe, TOUCH.matches);

/** Whether the page is as narrow as on a phone: the views are at its foot. */
export const useIsNarrow = (): boolean => useSyncExternalStore(NARROW.subscribe, NARROW.matches);

function matching(query: string) {
  return {
    matches: (): boolean => matchMedia(query).matches,
    subscribe(listener: () => void): () => void {
      const list = matchMedia(query);
      list.addEventListener('change', listener);
      return () => list.removeEventListener('change', listener);
    },
  };
}

import { useSyncExternalStore } from 'react';

const TOUCH = '(pointer: coarse)';

/** Whether a finger points, as on a phone: nothing is dropped there, and there is a camera. */
export const useIsTouch = (): boolean => useSyncExternalStore(subscribe, () => matchMedia(TOUCH).matches);

function subscribe(listener: () => void): () => void {
  const query = matchMedia(TOUCH);
  query.addEventListener('change', listener);
  return () => query.removeEventListener('change', listener);
}

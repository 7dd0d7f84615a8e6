import { useEffect, useRef } from 'react';
import { go, useRoute, withImage } from '#routes';

export interface Closing {
  /** Whether Back leads to the view without a picture; not so after a reload, or when the address was pasted. */
  readonly hasViewBehind: () => boolean;
  readonly close: () => void;
}

/** How the picture of the address is closed. The component lives while its view does, with and without a picture. */
export function useClosing(): Closing {
  const isOpen = useRoute().image !== undefined;
  const hasViewBehind = useRef(false);
  const isClosing = useRef(false);
  useEffect(() => {
    if (!isOpen) hasViewBehind.current = true;
    isClosing.current = false;
  }, [isOpen]);
  return {
    hasViewBehind: () => hasViewBehind.current,
    close() {
      if (isClosing.current) return;
      isClosing.current = true; // a second Escape must not leave the gallery
      if (hasViewBehind.current) history.back();
      else go(withImage(undefined), { replace: true });
    },
  };
}

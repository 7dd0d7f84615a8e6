import { useLayoutEffect, useRef } from 'react';

/** `camera`: a phone takes the picture now. */
export type Chooser = 'files' | 'folder' | 'camera';

export const ASKED = 'safelight-choose';
/** Nothing else is to be done on the page. */
export const WANTED = 'safelight-upload';
/** Asked for while the part of the page that uploads was still being loaded. */
let unheard: Chooser | undefined;

/** Opens the browser's own dialog. Only within a click or a key press. */
export function askForFiles(chooser: Chooser): void {
  const isHeard = !dispatchEvent(new CustomEvent<Chooser>(ASKED, { detail: chooser, cancelable: true }));
  unheard = isHeard ? undefined : chooser;
}

export function useAskedForFiles(open: (chooser: Chooser) => void): void {
  const latest = useRef(open);
  latest.current = open;
  useLayoutEffect(() => {
    const onAsked = (event: Event): void => {
      event.preventDefault();
      latest.current((event as CustomEvent<Chooser>).detail);
    };
    addEventListener(ASKED, onAsked);
    if (unheard) askForFiles(unheard);
    return () => removeEventListener(ASKED, onAsked);
  }, []);
}

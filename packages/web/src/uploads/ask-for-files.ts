import { useLayoutEffect, useRef } from 'react';

/** `camera`: a phone takes the picture now. */
export type Chooser = 'files' | 'folder' | 'camera';

const ASKED = 'safelight-choose';

/** Opens the browser's own dialog. Only within a click or a key press. */
export function askForFiles(chooser: Chooser): void {
  dispatchEvent(new CustomEvent<Chooser>(ASKED, { detail: chooser }));
}

export function useAskedForFiles(open: (chooser: Chooser) => void): void {
  const latest = useRef(open);
  latest.current = open;
  // Before the page is shown: no request is missed.
  useLayoutEffect(() => {
    const onAsked = (event: Event): void => latest.current((event as CustomEvent<Chooser>).detail);
    addEventListener(ASKED, onAsked);
    return () => removeEventListener(ASKED, onAsked);
  }, []);
}

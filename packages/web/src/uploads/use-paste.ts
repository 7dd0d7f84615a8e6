import { useEffect, useRef } from 'react';
import { isTyping } from '../ui/shortcuts.tsx';
import { droppedIn, readDropped } from './dropped-files.ts';
import type { Found } from './found-files.ts';
import { named } from './pasted-files.ts';

/** Files and pictures of the clipboard, wherever the focus is. Pasted text stays with the field that has the focus. */
export function usePaste(onFound: (found: Found) => void): void {
  const latest = useRef(onFound);
  latest.current = onFound;
  useEffect(() => {
    const onPaste = async (event: ClipboardEvent): Promise<void> => {
      const dropped = event.clipboardData ? droppedIn(event.clipboardData) : [];
      if (dropped.length === 0) return;
      // Programs for text and tables add a picture of what was copied.
      if (isTyping(event.target) && event.clipboardData?.types.includes('text/plain')) return;
      event.preventDefault();
      const now = new Date();
      const found = await readDropped(dropped);
      latest.current({ ...found, files: found.files.map((file) => named(file, now)) });
    };
    const listener = (event: ClipboardEvent): void => void onPaste(event);
    document.addEventListener('paste', listener);
    return () => document.removeEventListener('paste', listener);
  }, []);
}

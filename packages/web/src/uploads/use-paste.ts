import { useEffect, useRef } from 'react';
import { isTyping } from '../ui/shortcuts.tsx';
import { droppedIn, readDropped } from './dropped-files.ts';
import type { Found } from './found-files.ts';
import { named } from './pasted-files.ts';
import { linksIn } from './pasted-links.ts';

/**
 * Files, pictures and links of the clipboard, wherever the focus is. Pasted text stays with the field that has the
 * focus. `onLinks`: absent: the service fetches nothing.
 */
export function usePaste(onFound: (found: Found) => void, onLinks?: (urls: readonly string[]) => void): void {
  const latest = useRef({ onFound, onLinks });
  latest.current = { onFound, onLinks };
  useEffect(() => {
    const onPaste = async (event: ClipboardEvent): Promise<void> => {
      const dropped = event.clipboardData ? droppedIn(event.clipboardData) : [];
      if (dropped.length === 0) {
        if (!latest.current.onLinks || isTyping(event.target)) return;
        const urls = linksIn(event.clipboardData?.getData('text/plain') ?? '');
        if (urls.length === 0) return;
        event.preventDefault();
        latest.current.onLinks(urls);
        return;
      }
      // Programs for text and tables add a picture of what was copied.
      if (isTyping(event.target) && event.clipboardData?.types.includes('text/plain')) return;
      event.preventDefault();
      const now = new Date();
      const found = await readDropped(dropped);
      latest.current.onFound({ ...found, files: found.files.map((file) => named(file, now)) });
    };
    const listener = (event: ClipboardEvent): void => void onPaste(event);
    document.addEventListener('paste', listener);
    return () => document.removeEventListener('paste', listener);
  }, []);
}

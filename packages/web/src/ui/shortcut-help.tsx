import { Keyboard } from 'lucide-react';
import { useState } from 'react';
import { IconButton } from './button.tsx';
import { ShortcutList } from './shortcut-list.tsx';
import { type Shortcut, shortcutsNow, useShortcuts } from './shortcuts.tsx';

/** A button that shows the shortcuts of the page; so does `?`. */
export function ShortcutHelp({ className }: { readonly className?: string | undefined }) {
  // The page's, not those of the dialog that lists them.
  const [listed, setListed] = useState<readonly Shortcut[]>();
  const open = (): void => setListed(shortcutsNow());
  useShortcuts([{ key: '?', about: 'Show this list', run: open }]);
  return (
    <>
      <IconButton icon={Keyboard} label="Keyboard shortcuts" shortcut="?" className={className} onClick={open} />
      {listed && <ShortcutList shortcuts={listed} onClose={() => setListed(undefined)} />}
    </>
  );
}

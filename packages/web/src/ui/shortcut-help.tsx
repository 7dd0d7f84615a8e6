import { Keyboard } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { IconButton } from './button.tsx';
import { type Shortcut, shortcutsNow, useShortcuts } from './shortcuts.tsx';

const ShortcutList = lazy(() => import('./shortcut-list.tsx'));

/** A button that shows the shortcuts of the page; so does `?`. */
export function ShortcutHelp({ className }: { readonly className?: string | undefined }) {
  // The page's, not those of the dialog that lists them.
  const [listed, setListed] = useState<readonly Shortcut[]>();
  const open = (): void => setListed(shortcutsNow());
  useShortcuts([{ key: '?', about: 'Show this list', run: open }]);
  return (
    <>
      <IconButton icon={Keyboard} label="Keyboard shortcuts" shortcut="?" className={className} onClick={open} />
      {listed && (
        <Suspense>
          <ShortcutList shortcuts={listed} onClose={() => setListed(undefined)} />
        </Suspense>
      )}
    </>
  );
}

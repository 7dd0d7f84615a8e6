import { Keyboard } from 'lucide-react';
import { useState } from 'react';
import style from './bar.module.css';
import { Find } from './find/find.tsx';
import { hrefOf, toView } from './routes.ts';
import { Account } from './session/account.tsx';
import { useSession } from './session/session.tsx';
import { IconButton } from './ui/button.tsx';
import { later } from './ui/later.tsx';
import { type Shortcut, shortcutsOfPage, useShortcuts } from './ui/shortcuts.tsx';
import type { Tool } from './ui/tool.ts';
import { useThemeTool } from './ui/use-theme-tool.ts';
import { UploadButton } from './uploads/upload-button.tsx';
import { openView, Views } from './views.tsx';

const ShortcutList = later(() => import('./ui/shortcut-list.tsx').then(({ ShortcutList }) => ShortcutList));

/**
 * The slim bar: the name, the field that finds, the views, upload, the account. On a phone the account's menu has the
 * views and the tools.
 */
export function Bar() {
  const { mayRead, mayUpload } = useSession();
  const [listed, setListed] = useState<readonly Shortcut[]>();
  const listShortcuts = (): void => setListed(shortcutsOfPage());
  useShortcuts([{ key: '?', about: 'Show this list', run: listShortcuts }]);
  const tools: readonly Tool[] = [
    { icon: Keyboard, label: 'Keyboard shortcuts', shortcut: '?', opensDialog: true, run: listShortcuts },
    useThemeTool(),
  ];
  const name = (
    <>
      <img src="/lamp.svg" alt="" width={24} height={24} />
      Safelight
    </>
  );
  return (
    <header className={style['bar']}>
      <h1>
        {mayRead ? (
          <a href={hrefOf(toView('photos'))} onClick={(event) => openView(toView('photos'), event)}>
            {name}
          </a>
        ) : (
          name
        )}
      </h1>
      {mayRead && <Find />}
      <nav aria-label="Views">
        <Views />
      </nav>
      {mayUpload && <UploadButton />}
      <div className={style['tools']}>
        {tools.map(({ icon, label, shortcut, run }) => (
          <IconButton
            key={shortcut ?? 'theme'}
            className={style['tool'] ?? ''}
            icon={icon}
            label={label}
            {...(shortcut !== undefined && { shortcut })}
            onClick={run}
          />
        ))}
        <Account tools={tools} />
      </div>
      {listed && <ShortcutList shortcuts={listed} onClose={() => setListed(undefined)} />}
    </header>
  );
}

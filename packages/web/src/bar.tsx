import { Keyboard } from 'lucide-react';
import { useState } from 'react';
import style from './bar.module.css';
import { Find } from './find/find.tsx';
import { hrefOf, toView } from './routes.ts';
import { Account } from './session/account.tsx';
import { useSession } from './session/session.tsx';
import { IconButton } from './ui/button.tsx';
import { later } from './ui/later.tsx';
import { useIsNarrow } from './ui/media.ts';
import { type Shortcut, shortcutsOfPage, useShortcuts } from './ui/shortcuts.tsx';
import type { Tool } from './ui/tool.ts';
import { useThemeTool } from './ui/use-theme-tool.ts';
import { UploadButton } from './uploads/upload-button.tsx';
import { openView, useViews, ViewLink } from './views.tsx';

const ShortcutList = later(() => import('./ui/shortcut-list.tsx').then(({ ShortcutList }) => ShortcutList));

/**
 * The slim bar: the name, the field that finds, the views, upload, the account. On a phone the foot of the page has the
 * field, the views and upload, and the account's menu the tools.
 */
export function Bar() {
  const { mayRead, mayUpload } = useSession();
  const views = useViews();
  const hasFoot = useIsNarrow() && mayRead;
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
      {mayRead && !hasFoot && (
        <>
          <Find />
          <nav aria-label="Views">
            {views.map((view) => (
              <ViewLink key={view.label} {...view} />
            ))}
          </nav>
        </>
      )}
      {mayUpload && !hasFoot && <UploadButton />}
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

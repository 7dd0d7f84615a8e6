import { BookOpen, Images, type LucideIcon, Trash2 } from 'lucide-react';
import { go, hrefOf, useAddress } from './address.ts';
import style from './bar.module.css';
import { Account } from './session/account.tsx';
import { useSession } from './session/session.tsx';
import { ShortcutHelp } from './ui/shortcut-help.tsx';
import { ThemeSwitch } from './ui/theme-switch.tsx';
import { UploadButton } from './uploads/upload-button.tsx';

/** The slim bar: the name, the views, upload, the account. */
export function Bar() {
  const { view } = useAddress();
  const { info, mayChange, mayRead, mayUpload } = useSession();
  const link = (to: 'photos' | 'trash', label: string, Icon: LucideIcon) => (
    <a
      href={hrefOf({ view: to, image: undefined })}
      aria-current={view === to ? 'page' : undefined}
      aria-label={label}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        if (view === to) scrollTo({ top: 0, behavior: 'instant' });
        go({ view: to, image: undefined });
      }}
    >
      <Icon size={20} strokeWidth={1.75} aria-hidden />
      <span>{label}</span>
    </a>
  );
  return (
    <header className={style['bar']}>
      <h1>Safelight</h1>
      <nav aria-label="Views">
        {mayRead && link('photos', 'Photos', Images)}
        {mayChange && info.trash_days > 0 && link('trash', 'Trash', Trash2)}
      </nav>
      {mayUpload && <UploadButton />}
      <div className={style['tools']}>
        <a href="/docs" className={style['docs']} aria-label="API documentation" title="API documentation">
          <BookOpen size={20} strokeWidth={1.75} aria-hidden />
        </a>
        <ShortcutHelp className={style['forKeyboards']} />
        <ThemeSwitch />
        <Account />
      </div>
    </header>
  );
}

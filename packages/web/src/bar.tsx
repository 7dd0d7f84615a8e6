import { Images, type LucideIcon, Trash2 } from 'lucide-react';
import { go, hrefOf, useAddress } from './address.ts';
import style from './bar.module.css';
import { ShortcutHelp } from './ui/shortcut-help.tsx';
import { ThemeSwitch } from './ui/theme-switch.tsx';

/** The slim bar: the name, the views, upload, the account. */
export function Bar() {
  const { view } = useAddress();
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
        {link('photos', 'Photos', Images)}
        {link('trash', 'Trash', Trash2)}
      </nav>
      <div className={style['tools']}>
        <ShortcutHelp className={style['forKeyboards']} />
        <ThemeSwitch />
      </div>
    </header>
  );
}

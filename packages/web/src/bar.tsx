import { go, hrefOf, useAddress } from './address.ts';
import style from './bar.module.css';
import { UploadButton } from './uploads/upload-button.tsx';

/** The slim bar: the name, the views, upload, the account. */
export function Bar() {
  const { view } = useAddress();
  const link = (to: 'photos' | 'trash', label: string) => (
    <a
      href={hrefOf({ view: to, image: undefined })}
      aria-current={view === to ? 'page' : undefined}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        go({ view: to, image: undefined });
      }}
    >
      {label}
    </a>
  );
  return (
    <header className={style['bar']}>
      <h1>Safelight</h1>
      <nav aria-label="Views">
        {link('photos', 'Photos')}
        {link('trash', 'Trash')}
      </nav>
      <UploadButton />
    </header>
  );
}

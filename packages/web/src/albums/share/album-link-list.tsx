import type { AlbumLink, AlbumLinkChanges } from '@safelight/client';
import { useRef, useState } from 'react';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { dateAndTime } from '../../ui/formats.ts';
import { ChangeLinkForm } from './change-link-form.tsx';
import { linkWords } from './link-words.ts';
import style from './share-album.module.css';

interface AlbumLinkListProps {
  readonly links: readonly AlbumLink[];
  readonly isBusy: boolean;
  /** Resolves with whether it is changed. */
  readonly onChange: (link: AlbumLink, changes: AlbumLinkChanges) => Promise<boolean>;
  readonly onRevoke: (link: AlbumLink) => void;
  /** The last link leaves, and the focus with it. */
  readonly onEmpty: () => void;
}

const REVOKES = '[data-revokes]';

/** The links of an album, with what each allows and when it ends. One at a time can be changed. */
export function AlbumLinkList({ links, isBusy, onChange, onRevoke, onEmpty }: AlbumLinkListProps) {
  const [changing, setChanging] = useState<string>();
  const list = useRef<HTMLUListElement>(null);
  const focusNext = (leaving: HTMLElement): void => {
    const item = leaving.closest('li');
    const beside = item?.nextElementSibling ?? item?.previousElementSibling;
    const next = beside?.querySelector<HTMLElement>(REVOKES);
    if (next) next.focus();
    else onEmpty();
  };
  const close = (): void => {
    list.current?.querySelector<HTMLElement>('[aria-expanded="true"]')?.focus();
    setChanging(undefined);
  };
  return (
    <ul ref={list} className={style['links']} aria-label="Links">
      {links.map((link) => {
        const { link_id: id } = link;
        const what = linkWords(link);
        const ends = dateAndTime(Date.parse(link.expires_at));
        const isChanging = changing === id;
        return (
          <li key={id}>
            <span>
              {what}
              <small>Ends {ends}</small>
            </span>
            <CopyButton label={`Copy the link: ${what}, ends ${ends}`} text={link.page_url} />
            <Button
              aria-label={`Change: ${what}, ends ${ends}`}
              aria-expanded={isChanging}
              onClick={() => setChanging(isChanging ? undefined : id)}
            >
              Change
            </Button>
            <Button
              aria-label={`Revoke: ${what}, ends ${ends}`}
              data-revokes
              onClick={({ currentTarget }) => {
                focusNext(currentTarget);
                onRevoke(link);
              }}
            >
              Revoke
            </Button>
            {isChanging && (
              <ChangeLinkForm
                link={link}
                isBusy={isBusy}
                onCancel={close}
                onChange={(changes) => void onChange(link, changes).then((isChanged) => isChanged && close())}
              />
            )}
          </li>
        );
      })}
    </ul>
  );
}

import type { AlbumLink } from '@safelight/client';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { dateAndTime } from '../../ui/formats.ts';
import { linkWords } from './link-words.ts';
import style from './share-album.module.css';

interface AlbumLinkListProps {
  readonly links: readonly AlbumLink[];
  readonly onRevoke: (link: AlbumLink) => void;
  /** The last link leaves, and the focus with it. */
  readonly onEmpty: () => void;
}

const REVOKES = '[data-revokes]';

/** The links of an album, with what each allows and when it ends. */
export function AlbumLinkList({ links, onRevoke, onEmpty }: AlbumLinkListProps) {
  const focusNext = (leaving: HTMLElement): void => {
    const item = leaving.closest('li');
    const beside = item?.nextElementSibling ?? item?.previousElementSibling;
    const next = beside?.querySelector<HTMLElement>(REVOKES);
    if (next) next.focus();
    else onEmpty();
  };
  return (
    <ul className={style['links']} aria-label="Links">
      {links.map((link) => {
        const what = linkWords(link);
        const ends = dateAndTime(Date.parse(link.expires_at));
        return (
          <li key={link.link_id}>
            <span>
              {what}
              <small>Ends {ends}</small>
            </span>
            <CopyButton label={`Copy the link: ${what}, ends ${ends}`} text={link.page_url} />
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
          </li>
        );
      })}
    </ul>
  );
}

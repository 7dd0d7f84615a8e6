import type { ShareLink } from '@safelight/client';
import { Unlink } from 'lucide-react';
import { useRef } from 'react';
import { Button, IconButton } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import style from './dialogs.module.css';
import { capitalized } from './download-dialog.tsx';

export interface LinkListProps {
  /** undefined: not known yet. */
  readonly links: readonly ShareLink[] | undefined;
  readonly onRevoke: (link: ShareLink) => Promise<void>;
  readonly onRevokeAll: () => Promise<void>;
  /** The last link is gone, and the focus with it. */
  readonly onEmpty: () => void;
}

const DATE = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });

export function LinkList({ links, onRevoke, onRevokeAll, onEmpty }: LinkListProps) {
  const list = useRef<HTMLUListElement>(null);
  if (!links?.length) return null;
  const revoke = async (link: ShareLink, index: number): Promise<void> => {
    await onRevoke(link);
    requestAnimationFrame(() => {
      const buttons = [...(list.current?.querySelectorAll<HTMLElement>('[data-revokes]') ?? [])];
      const next = buttons[Math.min(index, buttons.length - 1)];
      if (next) next.focus();
      else onEmpty();
    });
  };
  return (
    <section className={style['links']} aria-label="Links">
      <ul ref={list}>
        {links.map((link, index) => {
          const what = capitalized(link.preset ?? 'original');
          const ends = DATE.format(new Date(link.expires_at));
          return (
            <li key={link.link_id}>
              <span>
                {what}
                <small>Ends {ends}</small>
              </span>
              <CopyButton label={`Copy the link to: ${what}, ends ${ends}`} text={link.url} />
              <IconButton
                icon={Unlink}
                label={`Revoke: ${what}, ends ${ends}`}
                data-revokes
                onClick={() => void revoke(link, index)}
              />
            </li>
          );
        })}
      </ul>
      <Button onClick={() => void onRevokeAll()}>Revoke all</Button>
    </section>
  );
}

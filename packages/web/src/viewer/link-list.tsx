import type { ShareLink } from '@safelight/client';
import { Image as ImageIcon, Unlink } from 'lucide-react';
import { useLayoutEffect, useRef } from 'react';
import { Button, IconButton } from '../ui/button.tsx';
import { capitalized } from '../ui/capitalized.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { dateAndTime } from '../ui/formats.ts';
import { ask } from '../ui/question.tsx';
import style from './dialogs.module.css';

const REVOKE_ALL = {
  title: 'Revoke all links?',
  text: "Nobody can open this picture by them any more. This can't be undone.",
  action: 'Revoke all',
};

export interface LinkListProps {
  /** undefined: not known yet. */
  readonly links: readonly ShareLink[] | undefined;
  readonly onRevoke: (link: ShareLink) => Promise<void>;
  readonly onRevokeAll: () => Promise<void>;
  /** The last link is gone, and the focus with it. */
  readonly onEmpty: () => void;
}

export function LinkList({ links, onRevoke, onRevokeAll, onEmpty }: LinkListProps) {
  const list = useRef<HTMLUListElement>(null);
  /** The place of a link that is about to go, and how many there were. */
  const leaving = useRef<{ readonly index: number; readonly count: number }>(undefined);
  useLayoutEffect(() => {
    const before = leaving.current;
    if (!before || !links || links.length >= before.count) return;
    leaving.current = undefined;
    const buttons = [...(list.current?.querySelectorAll<HTMLElement>('[data-revokes]') ?? [])];
    const next = buttons[Math.min(before.index, buttons.length - 1)];
    if (next) next.focus();
    else onEmpty();
  });
  if (!links?.length) return null;
  const revoke = (link: ShareLink, index: number): void => {
    leaving.current = { index, count: links.length };
    void onRevoke(link);
  };
  const revokeAll = async (): Promise<void> => {
    if (await ask(REVOKE_ALL)) await onRevokeAll();
  };
  return (
    <section className={style['links']} aria-label="Links">
      <ul ref={list}>
        {links.map((link, index) => {
          const what = capitalized(link.preset ?? 'original');
          const ends = dateAndTime(Date.parse(link.expires_at));
          return (
            <li key={link.link_id}>
              <span>
                {what}
                <small>Ends {ends}</small>
              </span>
              <CopyButton label={`Copy the link to: ${what}, ends ${ends}`} text={link.page_url} />
              <CopyButton
                label={`Copy the picture's own address: ${what}, ends ${ends}`}
                text={link.url}
                icon={ImageIcon}
              />
              <IconButton
                icon={Unlink}
                label={`Revoke: ${what}, ends ${ends}`}
                data-revokes
                onClick={() => revoke(link, index)}
              />
            </li>
          );
        })}
      </ul>
      <Button onClick={() => void revokeAll()}>Revoke all</Button>
    </section>
  );
}

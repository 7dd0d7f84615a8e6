import { explain } from '@safelight/client';
import { Unlink } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { Picture } from '../../library/library.ts';
import { useSession } from '../../session/session.tsx';
import { IconButton } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { dateAndTime } from '../../ui/formats.ts';
import style from './history.module.css';
import { type Entry, entriesOf, type History } from './history-entries.ts';
import { readHistory } from './read-history.ts';

export interface HistoryListProps {
  readonly picture: Picture;
}

/** Links, decisions and events of the picture, the newest first. */
export function HistoryList({ picture }: HistoryListProps) {
  const { clientOf, info, mayChange, mayFollow, mayModerate, maySign } = useSession();
  const client = clientOf(picture.user_id);
  const list = useRef<HTMLUListElement>(null);
  const [history, setHistory] = useState<History>();
  const [error, setError] = useState<unknown>();
  const follows = info.events === true && mayFollow;
  useEffect(() => {
    const left = new AbortController();
    const { signal } = left;
    const told = { links: maySign, decisions: mayModerate, events: follows };
    void readHistory(client, picture, told, signal).then((read) => {
      if (signal.aborted) return;
      setHistory(read.history);
      setError(read.error);
    });
    return () => left.abort();
  }, [client, picture, maySign, mayModerate, follows]);

  const revoke = async (linkId: string): Promise<void> => {
    setError(undefined);
    try {
      await client.images.revokeLink(picture.image_id, linkId);
      list.current?.focus(); // its button goes with it
      setHistory((before) => before && { ...before, links: before.links.filter(({ link_id }) => link_id !== linkId) });
    } catch (problem) {
      setError(problem);
    }
  };
  if (!history) return <p role="status">Reading…</p>;
  return (
    <>
      <ul ref={list} className={style['list']} aria-label="History" tabIndex={-1}>
        {entriesOf(picture, history).map((entry) => (
          <Row key={entry.key} entry={entry} onRevoke={mayChange ? revoke : undefined} />
        ))}
      </ul>
      {!follows && <p className={style['quiet']}>This service keeps no log of other changes.</p>}
      {error !== undefined && <p role="alert">{explain(error)}</p>}
    </>
  );
}

interface RowProps {
  readonly entry: Entry;
  readonly onRevoke: ((linkId: string) => Promise<void>) | undefined;
}

function Row({ entry: { at, text, about, link }, onRevoke }: RowProps) {
  return (
    <li>
      <span>
        <bdi>{text}</bdi>
        <small>
          <time dateTime={new Date(at).toISOString()}>{dateAndTime(at)}</time>
        </small>
        {about !== undefined && (
          <small>
            <bdi>{about}</bdi>
          </small>
        )}
      </span>
      {link && <CopyButton label={`Copy: ${text}, ${about}`} text={link.page_url} />}
      {link && onRevoke && (
        <IconButton icon={Unlink} label={`Revoke: ${text}, ${about}`} onClick={() => void onRevoke(link.link_id)} />
      )}
    </li>
  );
}

import { Plus } from 'lucide-react';
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { go, toAlbum } from '../routes.ts';
import { useSession } from '../session/session.tsx';
import { useKnownUsers } from '../session/use-known-users.ts';
import type { OneOwner } from '../session/use-one-owner.ts';
import { UserField } from '../session/user-field.tsx';
import { ConnectionBanner } from '../timeline/connection-banner.tsx';
import { Button } from '../ui/button.tsx';
import { AlbumCover } from './album-cover.tsx';
import style from './album-covers.module.css';
import type { AlbumList } from './album-list.ts';
import { NewAlbumDialog } from './new-album-dialog.tsx';

interface AlbumCoversProps {
  readonly whose: OneOwner;
  readonly list: AlbumList;
  /** The album that was open before. */
  readonly before: string | undefined;
}

/** A cover for each album, the newest first. More are loaded as the page is scrolled. */
export function AlbumCovers({ whose: { owner, choose }, list, before }: AlbumCoversProps) {
  const session = useSession();
  const { mayChange, users } = session;
  const known = useKnownUsers(session);
  const { albums, isEnd, error } = useSyncExternalStore(list.subscribe, list.snapshot);
  const [isNaming, setIsNaming] = useState(false);
  const end = useRef<HTMLDivElement>(null);
  const count = albums?.length;
  useEffect(() => {
    if (count === undefined || isEnd || error || !end.current) return;
    // Observed anew after each page: its end may still be near the screen.
    const observer = new IntersectionObserver((entries) => entries.at(-1)?.isIntersecting && list.more(), {
      rootMargin: '100% 0px',
    });
    observer.observe(end.current);
    return () => observer.disconnect();
  }, [list, count, isEnd, error]);
  return (
    <section className={style['view']} aria-label="Albums" tabIndex={-1}>
      <header>
        <h2>Albums</h2>
        {mayChange && (
          <Button icon={Plus} aria-haspopup="dialog" onClick={() => setIsNaming(true)}>
            New album
          </Button>
        )}
      </header>
      {choose && (
        <div className={style['owner']}>
          <UserField
            label="Whose albums"
            value={owner}
            known={users ?? known}
            isLimited={users !== undefined}
            everybody={false}
            action="Show"
            onChoose={(chosen) => chosen !== undefined && choose(chosen)}
          />
        </div>
      )}
      {count === 0 && isEnd ? (
        <div className={style['empty']}>
          <p role="status">There are no albums yet.</p>
          {mayChange && <p>An album is a set of pictures under a title. A picture may be in several.</p>}
        </div>
      ) : (
        <ul className={style['covers']}>
          {albums?.map((album) => (
            <AlbumCover key={album.album_id} album={album} isBefore={album.album_id === before} />
          ))}
        </ul>
      )}
      <div ref={end} />
      <ConnectionBanner error={error} onRetry={list.refresh} />
      {isNaming && (
        <NewAlbumDialog
          owner={owner}
          onClose={() => setIsNaming(false)}
          onCreated={(album) => {
            list.put(album);
            setIsNaming(false);
            go(toAlbum(album.album_id));
          }}
        />
      )}
    </section>
  );
}

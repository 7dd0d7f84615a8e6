import { useCallback, useRef, useState } from 'react';
import { SourceProvider, useLibrary, useSnapshot } from '../library/source.tsx';
import { picturesText } from '../select/words.ts';
import { useSession } from '../session/session.tsx';
import { ConnectionBanner } from '../timeline/connection-banner.tsx';
import { Grid } from '../timeline/grid.tsx';
import { Rendition } from '../timeline/rendition.tsx';
import { dateAndTime } from '../ui/formats.ts';
import { later } from '../ui/later.tsx';
import { useTitlePart } from '../ui/page-title.ts';
import { type Shortcut, shortcutsOfPage, useShortcuts } from '../ui/shortcuts.tsx';
import { Viewer } from '../viewer/viewer.tsx';
import type { GuestLink, SharedAlbum } from './guest-link.ts';
import { createGuestSource, type GuestSource } from './guest-source.ts';
import { GuestSourceProvider } from './guest-source-context.ts';
import style from './guests.module.css';

const ShortcutList = later(() => import('./guest-shortcuts.tsx').then(({ GuestShortcuts }) => GuestShortcuts));
const loadViewer = () => import('./guest-viewer.tsx').then(({ GuestViewer }) => GuestViewer);

interface SharedAlbumViewProps {
  readonly album: SharedAlbum;
  readonly link: GuestLink;
}

/** Title, description and pictures of the album, and nothing of its owner. */
export function SharedAlbumView({ album, link }: SharedAlbumViewProps) {
  const { waits } = useSession();
  const [source, setSource] = useState<GuestSource>();
  const { images } = useRef(album).current;
  const create = useCallback(() => {
    const created = createGuestSource({ link, waits, images });
    setSource(created);
    return created;
  }, [link, waits, images]);
  useTitlePart('album', album.title);
  const until = Date.parse(album.expires_at);
  return (
    <>
      <header className={style['header']}>
        <h1>
          <bdi>{album.title}</bdi>
        </h1>
        {album.description !== null && (
          <p className={style['description']} dir="auto">
            {album.description}
          </p>
        )}
        <p className={style['quiet']}>
          {picturesText(album.images)} · shared until <time dateTime={album.expires_at}>{dateAndTime(until)}</time>
        </p>
      </header>
      <SourceProvider create={create}>
        {source && (
          <GuestSourceProvider value={source}>
            <Pictures />
          </GuestSourceProvider>
        )}
      </SourceProvider>
    </>
  );
}

function Pictures() {
  const library = useLibrary();
  const { isEmpty, error } = useSnapshot(library);
  const [listed, setListed] = useState<readonly Shortcut[]>();
  useShortcuts([{ key: '?', about: 'Show this list', run: () => setListed(shortcutsOfPage()) }]);
  return (
    <>
      {isEmpty ? (
        <p role="status" className={style['empty']}>
          There are no pictures here yet.
        </p>
      ) : (
        <Grid label="Pictures" keys={NO_KEYS} Rendition={Rendition} />
      )}
      <ConnectionBanner error={error} onRetry={library.refresh} />
      {isEmpty !== undefined && <Viewer load={loadViewer} />}
      {listed && <ShortcutList shortcuts={listed} onClose={() => setListed(undefined)} />}
    </>
  );
}

const NO_KEYS = {};

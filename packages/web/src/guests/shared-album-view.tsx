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
import type { GuestLink } from './guest-link.ts';
import { createGuestSource, type GuestSource } from './guest-source.ts';
import { GuestSourceProvider } from './guest-source-context.ts';
import style from './guests.module.css';
import type { OpenSharedAlbum } from './use-shared-album.ts';

const Contribute = later(() => import('./contribute/contribute.tsx').then(({ Contribute }) => Contribute));
const ShortcutList = later(() => import('./guest-shortcuts.tsx').then(({ GuestShortcuts }) => GuestShortcuts));
const loadViewer = () => import('./guest-viewer.tsx').then(({ GuestViewer }) => GuestViewer);

interface SharedAlbumViewProps {
  readonly shared: OpenSharedAlbum & { readonly album: NonNullable<OpenSharedAlbum['album']> };
  readonly link: GuestLink;
  /** Why the link shows nothing any more, for people. */
  readonly ending: string | undefined;
}

/** Title, description and pictures of the album, and nothing of its owner. A drop box shows no pictures. */
export function SharedAlbumView({ shared, link, ending }: SharedAlbumViewProps) {
  const { album, error, refresh } = shared;
  const { waits } = useSession();
  const [source, setSource] = useState<GuestSource>();
  const { images } = useRef(album).current;
  const create = useCallback(() => {
    const created = createGuestSource({ link, waits, images: images ?? 0 });
    setSource(created);
    return created;
  }, [link, waits, images]);
  const [listed, setListed] = useState<readonly Shortcut[]>();
  useShortcuts([{ key: '?', about: 'Show this list', run: () => setListed(shortcutsOfPage()) }]);
  useTitlePart('album', album.title);
  const terms = ending === undefined ? album.contributions : null;
  const wasOpen = useRef(false); // what a guest added stays in its list once the link takes no more
  wasOpen.current ||= terms !== null;
  const showsPictures = album.images !== null && ending === undefined;
  return (
    <>
      {ending === undefined ? <Header album={album} /> : <Ending sentence={ending} />}
      {wasOpen.current && (
        <div className={style['contribute']} data-is-open={terms !== null || undefined}>
          <Contribute
            album={album}
            link={link}
            terms={terms}
            onChanged={() => {
              refresh();
              void source?.readAgain();
            }}
          />
        </div>
      )}
      {showsPictures ? (
        <SourceProvider create={create}>
          {source && (
            <GuestSourceProvider value={source}>
              <Pictures />
            </GuestSourceProvider>
          )}
        </SourceProvider>
      ) : (
        ending === undefined && <ConnectionBanner error={error} onRetry={refresh} />
      )}
      {listed && <ShortcutList shortcuts={listed} onClose={() => setListed(undefined)} />}
    </>
  );
}

function Header({ album }: Pick<SharedAlbumViewProps['shared'], 'album'>) {
  const until = dateAndTime(Date.parse(album.expires_at));
  const count = album.images === null ? '' : `${picturesText(album.images)} · `;
  return (
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
        {count}
        {count === '' ? 'Open' : 'shared'} until <time dateTime={album.expires_at}>{until}</time>
      </p>
    </header>
  );
}

/** In place of the album. */
export const Ending = ({ sentence }: { readonly sentence: string }) => (
  <div className={style['ending']}>
    <h1 className="visually-hidden">Shared pictures</h1>
    <p role="alert">{sentence}</p>
  </div>
);

function Pictures() {
  const library = useLibrary();
  const { isEmpty, error } = useSnapshot(library);
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
    </>
  );
}

const NO_KEYS = {};

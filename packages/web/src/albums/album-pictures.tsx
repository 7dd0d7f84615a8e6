import { type Album, explain } from '@safelight/client';
import { useEffect, useRef } from 'react';
import { useFavorites } from '../favorites/use-favorites.ts';
import { useLibrary, useSnapshot } from '../library/source.tsx';
import type { PhotosBarProps } from '../select/photos-bar.tsx';
import { useSelect, useSelecting } from '../select/use-select.ts';
import { useSession } from '../session/session.tsx';
import { ConnectionBanner } from '../timeline/connection-banner.tsx';
import { Grid } from '../timeline/grid.tsx';
import { Rendition } from '../timeline/rendition.tsx';
import type { Keys } from '../timeline/use-focus.ts';
import { useTrash } from '../trash/use-trash.ts';
import { later } from '../ui/later.tsx';
import { showToast } from '../ui/toast.tsx';
import { Viewer } from '../viewer/viewer.tsx';
import { AlbumHeader } from './album-header.tsx';
import style from './album-page.module.css';
import { useGuestSelection } from './contributions/use-guest-selection.ts';
import type { WaitingStripProps } from './contributions/waiting-strip.tsx';
import type { OpenAlbum } from './use-album.ts';
import { usePlacing } from './use-placing.ts';

const PhotosBar = later<PhotosBarProps>(() => import('../select/photos-bar.tsx').then(({ PhotosBar }) => PhotosBar));
const WaitingStrip = later<WaitingStripProps>(() =>
  import('./contributions/waiting-strip.tsx').then(({ WaitingStrip }) => WaitingStrip),
);
const loadViewer = () => import('../viewer/photo-viewer.tsx').then(({ PhotoViewer }) => PhotoViewer);

interface AlbumPicturesProps {
  readonly album: Album;
  readonly open: OpenAlbum;
}

/** The pictures of an album, as photos are shown. */
export function AlbumPictures({ album, open }: AlbumPicturesProps) {
  const library = useLibrary();
  const { isEmpty, error } = useSnapshot(library);
  const { info, mayChange, mayOpenOriginals } = useSession();
  const { trash } = useTrash();
  const toggleFavorite = useFavorites();
  const select = useSelect(mayChange || mayOpenOriginals);
  const selecting = useSelecting(select);
  const section = useRef<HTMLElement>(null);
  const keys: Keys = mayChange
    ? { Delete: (picture) => void trash(picture), f: (picture) => toggleFavorite(picture) }
    : {};
  const placing = usePlacing(album, select);
  useGuestSelection(album, select);
  const makeCover = async (image: string): Promise<void> => {
    try {
      await open.update({ cover_id: image });
      showToast({ text: 'The album has a new cover' });
    } catch (problem) {
      showToast({ text: explain(problem) });
    }
  };
  const hadPictures = useRef(false);
  useEffect(() => {
    hadPictures.current ||= isEmpty === false;
    // The last one took the focus with it.
    if (isEmpty && hadPictures.current && document.activeElement === document.body) section.current?.focus();
  }, [isEmpty]);
  return (
    <section ref={section} className={style['view']} aria-label="Album" tabIndex={-1} {...placing?.handlers}>
      <AlbumHeader album={album} open={open} />
      {/* Without authentication nobody decides. */}
      {mayChange && info.auth.length > 0 && album.contributed_at !== null && <WaitingStrip album={album} />}
      {isEmpty ? (
        <div className={style['empty']}>
          <p role="status">This album has no pictures yet.</p>
          {mayChange && <p>Select some among the photos, and choose “Add to album” (b).</p>}
        </div>
      ) : (
        <Grid label="Pictures of the album" keys={keys} select={select} Rendition={Rendition} />
      )}
      <ConnectionBanner error={error} onRetry={library.refresh} />
      {selecting && (
        <PhotosBar selecting={selecting} album={{ shown: album, makeCover, move: placing?.moveSelected }} />
      )}
      <Viewer load={loadViewer} />
    </section>
  );
}

import { useEffect, useLayoutEffect } from 'react';
import { useFavorites } from '../favorites/use-favorites.ts';
import { Filters } from '../find/filters.tsx';
import { isAll, isOfOneUser } from '../library/library-query.ts';
import { useLibrary, useSnapshot } from '../library/source.tsx';
import type { PhotosBarProps } from '../select/photos-bar.tsx';
import { useSelect, useSelecting } from '../select/use-select.ts';
import { useSession } from '../session/session.tsx';
import { useTrash } from '../trash/use-trash.ts';
import { later } from '../ui/later.tsx';
import { whenQuiet } from '../ui/when-quiet.ts';
import { Viewer } from '../viewer/viewer.tsx';
import { ConnectionBanner } from './connection-banner.tsx';
import { Grid } from './grid.tsx';
import { Rendition } from './rendition.tsx';
import type { Keys } from './use-focus.ts';

const NoPictures = later<{ readonly isUserMissing: boolean }>(() =>
  import('../find/no-pictures.tsx').then(({ NoPictures }) => NoPictures),
);
const FirstRun = later(() => import('../first-run/first-run.tsx').then(({ FirstRun }) => FirstRun));
const loadBar = () => import('../select/photos-bar.tsx').then(({ PhotosBar }) => PhotosBar);
const PhotosBar = later<PhotosBarProps>(loadBar);
const loadViewer = () => import('../viewer/photo-viewer.tsx').then(({ PhotoViewer }) => PhotoViewer);

/** The grid of all pictures, or of those that the address asks for. */
export function PhotosView() {
  const library = useLibrary();
  const { isEmpty, error } = useSnapshot(library);
  const { trash } = useTrash();
  const toggleFavorite = useFavorites();
  const { user, info, mayChange, mayOpenOriginals } = useSession();
  const { query } = library;
  const isFiltered = !isAll(query);
  const isUserMissing = user === undefined && isOfOneUser(query, info.filters_of_all);
  const keys: Keys = mayChange
    ? { Delete: (picture) => void trash(picture), f: (picture) => toggleFavorite(picture) }
    : {};
  const select = useSelect(mayChange || mayOpenOriginals);
  const selecting = useSelecting(select);
  // So that its keys are there with the first selected picture. If that fails, its opening says so.
  useEffect(() => (select ? whenQuiet(() => void loadBar().catch(() => undefined)) : undefined), [select]);
  // What arrived while another view was shown is there from the first paint.
  useLayoutEffect(() => void library.settle(), [library]);
  return (
    <>
      {isFiltered && <Filters query={query} />}
      {isUserMissing || (isEmpty && isFiltered) ? (
        <NoPictures isUserMissing={isUserMissing} />
      ) : isEmpty ? (
        <FirstRun />
      ) : (
        <Grid
          label={isFiltered ? 'Photos that were found, the newest first' : 'Photos, the newest first'}
          keys={keys}
          select={select}
          Rendition={Rendition}
        />
      )}
      <ConnectionBanner error={error} onRetry={library.refresh} />
      {selecting && <PhotosBar selecting={selecting} />}
      <Viewer load={loadViewer} />
    </>
  );
}

import { useEffect } from 'react';
import { useLibrary, useSnapshot } from '../library/library-context.tsx';
import { ConnectionBanner } from './connection-banner.tsx';
import { Grid } from './grid.tsx';
import { useMoveToTrash } from './use-move-to-trash.ts';

/** The grid of all pictures. */
export function PhotosView() {
  const library = useLibrary();
  const { isEmpty, error } = useSnapshot(library);
  const moveToTrash = useMoveToTrash();
  useOwnScrollbar();
  return (
    <>
      {isEmpty ? (
        <p>No pictures yet.</p>
      ) : (
        <Grid library={library} label="Photos, the newest first" onTrash={moveToTrash} />
      )}
      {error && <ConnectionBanner error={error} onRetry={library.refresh} />}
    </>
  );
}

/** The scrubber is the scrollbar of this view: the browser's would tell estimated heights. */
function useOwnScrollbar(): void {
  useEffect(() => {
    document.documentElement.dataset['scrollbar'] = 'own';
    return () => {
      delete document.documentElement.dataset['scrollbar'];
    };
  }, []);
}

import { useEffect, useLayoutEffect } from 'react';
import type { Picture } from '../library/library.ts';
import { useLibrary, useSnapshot } from '../library/library-context.tsx';
import { useSession } from '../session/session.tsx';
import { useTrash } from '../trash/use-trash.ts';
import { later } from '../ui/later.tsx';
import { ConnectionBanner } from './connection-banner.tsx';
import { Grid } from './grid.tsx';

const FirstRun = later(() => import('../first-run/first-run.tsx').then(({ FirstRun }) => FirstRun));

/** The grid of all pictures. */
export function PhotosView() {
  const library = useLibrary();
  const { isEmpty, error } = useSnapshot(library);
  const { trash } = useTrash();
  const { mayChange } = useSession();
  const onTrash = (picture: Picture): void => {
    if (mayChange) void trash(picture);
  };
  // What arrived while another view was shown is there from the first paint.
  useLayoutEffect(() => library.showArrived(), [library]);
  useOwnScrollbar();
  return (
    <>
      {isEmpty ? <FirstRun /> : <Grid library={library} label="Photos, the newest first" onTrash={onTrash} />}
      <ConnectionBanner error={error} onRetry={library.refresh} />
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

import { createContext, type ReactNode, useContext, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { useRoute } from '../routes.ts';
import { useSession } from '../session/session.tsx';
import { createLibrary } from './create-library.ts';
import type { Library, LibrarySnapshot } from './library.ts';
import { NO_LIBRARY } from './no-library.ts';
import { createTileLine, type TileLine } from './tile-line.ts';

interface Shown {
  readonly library: Library;
  readonly line: TileLine;
}

const ShownContext = createContext<Shown | undefined>(undefined);

/** A library for each user whose pictures are shown. It lives across the views, so that coming back from the trash loads nothing again. */
export function LibraryProvider({ children }: { readonly children: ReactNode }) {
  const { client, user, mayRead, waits } = useSession();
  const [shown, setShown] = useState<Shown>();
  useEffect(() => {
    const library = mayRead ? createLibrary({ client, user }) : NO_LIBRARY;
    const line = createTileLine({ client, library, waits });
    setShown({ library, line });
    return () => {
      library.close();
      line.close();
    };
  }, [client, user, mayRead, waits]);
  const library = shown?.library;
  useEffect(() => {
    if (!library) return;
    const refresh = (): void => {
      if (document.visibilityState === 'visible') library.refresh();
    };
    addEventListener('online', refresh);
    document.addEventListener('visibilitychange', refresh);
    return () => {
      removeEventListener('online', refresh);
      document.removeEventListener('visibilitychange', refresh);
    };
  }, [library]);
  const { view } = useRoute();
  const before = useRef(view);
  useEffect(() => {
    // What others did while another view was shown is offered.
    if (view === 'photos' && before.current !== view) library?.refresh();
    before.current = view;
  }, [view, library]);
  return shown && <ShownContext value={shown}>{children}</ShownContext>;
}

/** Of the user whose pictures are shown. */
export const useLibrary = (): Library => useShown().library;

/** Of its tiles. */
export const useTileLine = (): TileLine => useShown().line;

function useShown(): Shown {
  const shown = useContext(ShownContext);
  if (!shown) throw new Error('expected useLibrary within <LibraryProvider>; got none');
  return shown;
}

export const useSnapshot = (library: Library): LibrarySnapshot =>
  useSyncExternalStore(library.subscribe, library.snapshot);

import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from 'react';
import { useSession } from '../session/session.tsx';
import { createLibrary } from './create-library.ts';
import type { Library, LibrarySnapshot } from './library.ts';
import { NO_LIBRARY } from './no-library.ts';

const LibraryContext = createContext<Library | undefined>(undefined);

/** A library for each user whose pictures are shown. It lives across the views, so that coming back from the trash loads nothing again. */
export function LibraryProvider({ children }: { readonly children: ReactNode }) {
  const { client, user, mayRead } = useSession();
  const [library, setLibrary] = useState<Library>();
  useEffect(() => {
    const created = mayRead ? createLibrary({ client, user }) : NO_LIBRARY;
    setLibrary(created);
    return () => created.close();
  }, [client, user, mayRead]);
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
  return library && <LibraryContext value={library}>{children}</LibraryContext>;
}

/** Of the user whose pictures are shown. */
export function useLibrary(): Library {
  const library = useContext(LibraryContext);
  if (!library) throw new Error('expected useLibrary within <LibraryProvider>; got none');
  return library;
}

export const useSnapshot = (library: Library): LibrarySnapshot =>
  useSyncExternalStore(library.subscribe, library.snapshot);

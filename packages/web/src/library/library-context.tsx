import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from 'react';
import { useAddress } from '../address.ts';
import { useSession } from '../session/session.tsx';
import { createLibrary } from './create-library.ts';
import type { Library, LibrarySnapshot } from './library.ts';
import { NO_LIBRARY } from './no-library.ts';

const LibraryContext = createContext<Library | undefined>(undefined);

/** A library for each view and user. */
export function LibraryProvider({ children }: { readonly children: ReactNode }) {
  const { view } = useAddress();
  const { client, uploadClient, user, ownUser, mayRead } = useSession();
  const status = view === 'trash' ? 'trashed' : 'ready';
  // The service lists the trash of one user at a time.
  const isOwn = view === 'trash' && user === undefined;
  const [reader, owner] = isOwn ? [uploadClient, ownUser] : [client, user];
  const [library, setLibrary] = useState<Library>();
  useEffect(() => {
    const created = mayRead ? createLibrary({ client: reader, status, user: owner }) : NO_LIBRARY;
    setLibrary(created);
    return () => created.close();
  }, [reader, status, owner, mayRead]);
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

/** Of the view and the user that are shown. */
export function useLibrary(): Library {
  const library = useContext(LibraryContext);
  if (!library) throw new Error('expected useLibrary within <LibraryProvider>; got none');
  return library;
}

export const useSnapshot = (library: Library): LibrarySnapshot =>
  useSyncExternalStore(library.subscribe, library.snapshot);

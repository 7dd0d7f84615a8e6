import { createContext, type ReactNode, useContext, useLayoutEffect, useState, useSyncExternalStore } from 'react';
import type { Library, LibrarySnapshot } from './library.ts';
import type { TileLine } from './tile-line.ts';

/** Where a grid and its viewer have their pictures from: all of a user, or those in the trash. */
export interface Source {
  readonly library: Library;
  /** The line of this library's tiles. */
  readonly line: TileLine;
}

const SourceContext = createContext<Source | undefined>(undefined);

/** Renders its children once there is a source. `create` makes another one when it changes itself. */
export function SourceProvider({ create, children }: { readonly create: () => Source; readonly children: ReactNode }) {
  const [source, setSource] = useState<Source>();
  // Before the first paint, so that nothing around the pictures appears later.
  useLayoutEffect(() => {
    const { library, line } = create();
    setSource({ library, line });
    const refresh = (): void => {
      if (document.visibilityState === 'visible') library.refresh();
    };
    addEventListener('online', refresh);
    document.addEventListener('visibilitychange', refresh);
    return () => {
      removeEventListener('online', refresh);
      document.removeEventListener('visibilitychange', refresh);
      library.close();
      line.close();
    };
  }, [create]);
  return source && <SourceContext value={source}>{children}</SourceContext>;
}

export function useSource(): Source {
  const source = useContext(SourceContext);
  if (!source) throw new Error('expected useSource within <SourceProvider>; got none');
  return source;
}

export const useLibrary = (): Library => useSource().library;

export const useSnapshot = (library: Library): LibrarySnapshot =>
  useSyncExternalStore(library.subscribe, library.snapshot);

import { SafelightError } from '@safelight/client';
import { type ReactNode, useCallback, useEffect, useRef } from 'react';
import { useRoute } from '../routes.ts';
import { useSession } from '../session/session.tsx';
import { createLibrary } from './create-library.ts';
import { NO_LIBRARY } from './no-library.ts';
import { type Source, SourceProvider, useLibrary } from './source.tsx';
import { createTileLine } from './tile-line.ts';

/** The pictures of the user whose are shown. They live across the views, so that coming back from the trash loads nothing again. */
export function AllPictures({ children }: { readonly children: ReactNode }) {
  const { client, user, mayRead, waits } = useSession();
  const create = useCallback((): Source => {
    const library = mayRead ? createLibrary({ client, user }) : NO_LIBRARY;
    const readAgain = async (id: string): Promise<void> => {
      try {
        library.put(await client.images.get(id));
      } catch (error) {
        if (error instanceof SafelightError && error.code === 'image-not-found') library.lose(id);
      }
    };
    return { library, line: createTileLine({ waits, readAgain }) };
  }, [client, user, mayRead, waits]);
  return (
    <SourceProvider create={create}>
      <Returning />
      {children}
    </SourceProvider>
  );
}

/** What others did while another view was shown is offered. */
function Returning() {
  const library = useLibrary();
  const { view } = useRoute();
  const before = useRef(view);
  useEffect(() => {
    if (view === 'photos' && before.current !== view) library.refresh();
    before.current = view;
  }, [view, library]);
  return null;
}

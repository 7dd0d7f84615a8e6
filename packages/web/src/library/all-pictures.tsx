import { SafelightError } from '@safelight/client';
import { type ReactNode, useCallback, useEffect, useRef } from 'react';
import { useRoute } from '../routes.ts';
import { useSession } from '../session/session.tsx';
import { createLibrary } from './create-library.ts';
import { followChanges } from './follow-changes.ts';
import type { Library } from './library.ts';
import { NO_LIBRARY } from './no-library.ts';
import { type Source, SourceProvider, useLibrary } from './source.tsx';
import { createTileLine } from './tile-line.ts';

/**
 * The pictures of the user whose are shown. They live across the views, so that coming back from the trash loads
 * nothing again.
 */
export function AllPictures({ children }: { readonly children: ReactNode }) {
  const { client, eventClient, user, order, mayRead, mayFollow, waits, info } = useSession();
  const create = useCallback((): Source => {
    const library = mayRead ? createLibrary({ client, user, order }) : NO_LIBRARY;
    const readAgain = async (id: string): Promise<void> => {
      try {
        library.put(await client.images.get(id));
      } catch (error) {
        if (error instanceof SafelightError && error.code === 'image-not-found') library.lose(id);
      }
    };
    const line = createTileLine({ waits, readAgain });
    if (!mayRead) return { library, line };
    if (!info.events || !mayFollow) return { library: lookingForUploads(library), line };
    const isLoaded = (id: string): boolean => library.loaded(id) !== undefined;
    const refresh = together(library.refresh);
    const leave = followChanges(eventClient, user, (change) => {
      if (change === 'any') return refresh();
      const { type, image_id: id } = change;
      if (type === 'image.ready' || type === 'image.restored') refresh();
      else if (type !== 'image.updated') library.lose(id);
      else if (isLoaded(id)) void readAgain(id).catch(() => undefined); // it is read again when the tab is shown
    });
    const close = (): void => {
      leave();
      library.close();
    };
    return { library: { ...library, close }, line };
  }, [client, eventClient, user, order, mayRead, mayFollow, waits, info]);
  return (
    <SourceProvider create={create}>
      <Returning />
      {children}
    </SourceProvider>
  );
}

/** Without events the uploads of others are asked for while the page is seen, and after each change of one's own. */
const LOOK_MS = 30_000;

function lookingForUploads(library: Library): Library {
  const look = together(library.lookForUploads);
  const timer = setInterval(() => {
    if (document.visibilityState === 'visible') library.lookForUploads();
  }, LOOK_MS);
  return {
    ...library,
    arrive(picture) {
      library.arrive(picture);
      look();
    },
    remove(id) {
      library.remove(id);
      look();
    },
    close() {
      clearInterval(timer);
      library.close();
    },
  };
}

/** Many uploads of others at once are one list. */
const TOGETHER_MS = 1_000;

function together(work: () => void): () => void {
  let isWaiting = false;
  return () => {
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(() => {
      isWaiting = false;
      work();
    }, TOGETHER_MS);
  };
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

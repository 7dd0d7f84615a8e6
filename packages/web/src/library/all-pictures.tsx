import { SafelightError } from '@safelight/client';
import { type ReactNode, useCallback, useEffect, useRef } from 'react';
import { useRoute } from '../routes.ts';
import { useSession } from '../session/session.tsx';
import { createLibrary } from './create-library.ts';
import { followChanges } from './follow-changes.ts';
import type { Library } from './library.ts';
import { isAll, isOfOneUser } from './library-query.ts';
import { NO_LIBRARY } from './no-library.ts';
import { type Source, SourceProvider, useLibrary } from './source.tsx';
import { createTileLine } from './tile-line.ts';
import { together } from './together.ts';
import { createUpdatedReader } from './updated-reader.ts';
import { useLibraryQuery } from './use-library-query.ts';

/**
 * The pictures of the user whose are shown, as far as the address filters them. They live across the views, so that
 * coming back from the trash loads nothing again.
 */
export function AllPictures({ children }: { readonly children: ReactNode }) {
  const { client, eventClient, user, order, mayRead, mayFollow, waits, info } = useSession();
  const query = useLibraryQuery();
  /** A picture that is looked for among all: the next library reveals it. */
  const wanted = useRef<string>(undefined);
  const create = useCallback((): Source => {
    const isAsked = mayRead && (user !== undefined || !isOfOneUser(query, info.filters_of_all));
    const library = isAsked ? createLibrary({ client, user, order, query }) : { ...NO_LIBRARY, query };
    const reveal = (id: string | undefined): void => {
      wanted.current = isAll(query) ? undefined : id;
      library.reveal(id);
    };
    if (wanted.current !== undefined) reveal(wanted.current);
    const readAgain = async (id: string): Promise<void> => {
      try {
        const image = await client.images.get(id);
        if (library.loaded(id)) library.put(image); // it may have been trashed here meanwhile
      } catch (error) {
        if (error instanceof SafelightError && error.code === 'image-not-found') library.lose(id);
      }
    };
    const line = createTileLine({ waits, readAgain });
    if (!isAsked) return { library: { ...library, reveal }, line };
    if (!info.events || !mayFollow) return { library: lookingForUploads({ ...library, reveal }), line };
    const isLoaded = (id: string): boolean => library.loaded(id) !== undefined;
    const refresh = together(library.refresh);
    const readUpdated = createUpdatedReader({
      readOne: readAgain,
      readMany: library.readAgain,
    });
    /** Those that have gone since they were asked for, among others. */
    const lost = new Set<string>();
    const readMatching = createUpdatedReader({
      async readOne(id) {
        lost.delete(id);
        const image = await client.images.get(id);
        if (!lost.has(id)) library.arrive(image);
      },
      readMany: async () => refresh(),
    });
    const leave = followChanges(eventClient, user, (change) => {
      if (change === 'any') return refresh();
      const { type, image_id: id } = change;
      if (type === 'image.ready' || type === 'image.restored') refresh();
      else if (type !== 'image.updated' && type !== 'image.replaced') {
        lost.add(id);
        library.lose(id);
      } else if (isLoaded(id)) readUpdated(id);
      else if (!isAll(query)) readMatching(id); // the query may have it now
    });
    const close = (): void => {
      leave();
      library.close();
    };
    return { library: { ...library, reveal, close }, line };
  }, [client, eventClient, user, order, query, mayRead, mayFollow, waits, info]);
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
    removeAll(ids) {
      look();
      return library.removeAll(ids);
    },
    close() {
      clearInterval(timer);
      library.close();
    },
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

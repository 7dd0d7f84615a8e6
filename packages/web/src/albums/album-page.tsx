import { type Album, type SafelightClient, SafelightError } from '@safelight/client';
import { useCallback, useEffect, useRef } from 'react';
import { createLibrary } from '../library/create-library.ts';
import { type Library, QUERIES } from '../library/library.ts';
import { type Source, SourceProvider, useLibrary } from '../library/source.tsx';
import { createTileLine } from '../library/tile-line.ts';
import { go, toAlbum } from '../routes.ts';
import { orderOf } from '../session/app-info.ts';
import { useSession } from '../session/session.tsx';
import { ConnectionBanner } from '../timeline/connection-banner.tsx';
import { onTrashChanged } from '../trash/trash-changed.ts';
import { Button } from '../ui/button.tsx';
import { readingOf } from './album-order.ts';
import style from './album-page.module.css';
import { AlbumPictures } from './album-pictures.tsx';
import { markSeen } from './contributions/seen-albums.ts';
import { type AskedPage, createSequence, type ListedPage, type SequenceOrder } from './create-sequence.ts';
import { useAlbum } from './use-album.ts';

interface AlbumPageProps {
  readonly id: string;
  readonly owner: string;
  /** As a list has it. */
  readonly known: Album | undefined;
}

/** An album: its title, and its pictures in its order. */
export function AlbumPage({ id, owner, known }: AlbumPageProps) {
  const open = useAlbum(id, owner, known);
  const { album, error, refresh } = open;
  const photos = useLibrary();
  useTrashedOf(photos);
  useEffect(() => {
    if (album) markSeen(album);
  }, [album]);
  if (album) return <Ordered album={album} owner={owner} open={open} />;
  const isMissing = error?.code === 'album-not-found' || error?.code === 'forbidden';
  return (
    <section className={style['view']} aria-label="Album" tabIndex={-1}>
      {isMissing && (
        <div className={style['empty']}>
          <p role="status">There is no such album.</p>
          <Button onClick={() => go(toAlbum(undefined))}>Show all albums</Button>
        </div>
      )}
      <ConnectionBanner error={isMissing ? undefined : error} onRetry={refresh} />
    </section>
  );
}

/** What was trashed here is gone among the photos too, once they are shown again. */
function useTrashedOf(photos: Library): void {
  useEffect(() => {
    let hasChanged = false;
    const leave = onTrashChanged(() => {
      hasChanged = true;
    });
    return () => {
      leave();
      if (hasChanged) photos.reset();
    };
  }, [photos]);
}

interface OrderedProps {
  readonly album: Album;
  readonly owner: string;
  readonly open: ReturnType<typeof useAlbum>;
}

function Ordered({ album, owner, open }: OrderedProps) {
  const { client, info, waits } = useSession();
  const { album_id: id, order } = album;
  const latest = useRef(album);
  latest.current = album;
  const create = useCallback((): Source => {
    const reading = readingOf(order, orderOf(info, owner) === 'capture');
    const { images } = latest.current;
    const library =
      typeof reading === 'string'
        ? createSequence({ order: reading, read: readerOf(client, { owner, album: id, order: reading }), images })
        : createLibrary({ client, user: owner, order: reading.dates, album: id });
    const readAgain = async (image: string): Promise<void> => {
      try {
        const latest = await client.images.get(image);
        if (library.loaded(image)) library.put(latest);
      } catch (error) {
        if (error instanceof SafelightError && error.code === 'image-not-found') library.lose(image);
      }
    };
    return { library, line: createTileLine({ waits, readAgain }) };
  }, [client, info, waits, owner, id, order]);
  return (
    <SourceProvider create={create}>
      <AlbumPictures album={album} open={open} />
    </SourceProvider>
  );
}

interface Asked {
  readonly owner: string;
  readonly album: string;
  readonly order: SequenceOrder;
}

/** Reads pages of the album. */
const readerOf =
  (client: SafelightClient, { owner, album, order }: Asked) =>
  async ({ signal, ...page }: AskedPage): Promise<ListedPage> => {
    const query = { user_id: owner, album, order, fields: QUERIES.capture.fields, ...page };
    return (await client.request('/images', { query, signal })) as ListedPage;
  };

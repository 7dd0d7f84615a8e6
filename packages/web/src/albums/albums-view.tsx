import { useEffect, useRef } from 'react';
import { useRoute } from '../routes.ts';
import { useOneOwner } from '../session/use-one-owner.ts';
import { AlbumCovers } from './album-covers.tsx';
import { AlbumPage } from './album-page.tsx';
import { useAlbumList } from './use-album-list.ts';

/** The albums of one user, or the one that the address names. */
export function AlbumsView() {
  const route = useRoute();
  const open = route.view === 'albums' ? route.album : undefined;
  const whose = useOneOwner('albums-user');
  const list = useAlbumList(whose.owner);
  /** The album that was open before: its cover gets the focus. */
  const before = useRef(open);
  useEffect(() => {
    if (open !== undefined) before.current = open;
    else if (before.current !== undefined) list?.refresh();
  }, [open, list]);
  if (!list) return null;
  if (open === undefined) return <AlbumCovers key={whose.owner} whose={whose} list={list} before={before.current} />;
  const known = list.snapshot().albums?.find(({ album_id }) => album_id === open);
  return <AlbumPage key={open} id={open} owner={whose.owner} known={known} />;
}

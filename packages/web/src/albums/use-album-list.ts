import { useLayoutEffect, useState } from 'react';
import { useSession } from '../session/session.tsx';
import { type AlbumList, createAlbumList } from './album-list.ts';

/** The albums of that user, from a moment after the first rendering on. */
export function useAlbumList(owner: string): AlbumList | undefined {
  const { client } = useSession();
  const [list, setList] = useState<AlbumList>();
  useLayoutEffect(() => {
    const made = createAlbumList({ client, owner });
    setList(made);
    return () => {
      made.close();
      setList(undefined);
    };
  }, [client, owner]);
  return list;
}

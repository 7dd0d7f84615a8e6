import { explain, SafelightError } from '@safelight/client';
import { useMemo } from 'react';
import type { Picture } from '../library/library.ts';
import { useLibrary } from '../library/source.tsx';
import { currentRoute, go, withImage } from '../routes.ts';
import { useSession } from '../session/session.tsx';
import { showToast } from '../ui/toast.tsx';
import { albumChanged } from './album-changed.ts';
import type { NamedAlbum } from './named-album.ts';

/** Which albums a picture is in. Says what happened, and how to take it back. */
export interface Membership {
  add(picture: Picture, album: NamedAlbum): Promise<void>;
  /**
   * Takes the picture out of the album that is shown. `onLeave`: the picture isn't shown any more. Its signal aborts
   * when it is back, after a failure or Undo.
   */
  remove(picture: Picture, album: string, onLeave: (back: AbortSignal) => void): Promise<void>;
}

export function useMembership(): Membership {
  const { clientOf } = useSession();
  const library = useLibrary();
  return useMemo(() => {
    const change = async (
      { user_id: owner, image_id: id }: Picture,
      album: string,
      how: { readonly kind: 'add' | 'remove'; readonly place?: string | undefined },
    ) => {
      const { albums } = clientOf(owner);
      const { place } = how;
      const { results } =
        how.kind === 'remove'
          ? await albums.removeImages(album, [id])
          : await albums.addImages(album, [id], place === undefined ? {} : { places: [place] });
      const [result] = results;
      if (result?.error) throw new SafelightError(result.error.code, result.error.detail);
      albumChanged(album);
      return result;
    };
    const said = async (work: () => Promise<void>): Promise<void> => {
      try {
        await work();
      } catch (error) {
        showToast({ text: explain(error) });
      }
    };
    const offer = (text: string, undo: () => Promise<void>): void => {
      showToast({ text, action: { label: 'Undo', isUndo: true, run: () => void said(undo) } });
    };
    return {
      add: (picture, { album_id: album, title }) =>
        said(async () => {
          const name = `“\u2068${title}\u2069”`;
          const result = await change(picture, album, { kind: 'add' });
          if (result?.status === 'unchanged') return void showToast({ text: `Already in ${name}.` });
          offer(`Added to ${name}`, async () => {
            await change(picture, album, { kind: 'remove' });
            showToast({ text: `Removed from ${name}` });
          });
        }),
      remove: (picture, album, onLeave) =>
        said(async () => {
          const back = new AbortController();
          const comeBack = (): void => {
            library.put(picture);
            back.abort();
          };
          library.remove(picture.image_id);
          onLeave(back.signal);
          const result = await change(picture, album, { kind: 'remove' }).catch((error: unknown) => {
            comeBack();
            throw error;
          });
          offer('Removed from the album', async () => {
            const wasInViewer = currentRoute().image !== undefined; // one that is opened meanwhile stays
            await change(picture, album, { kind: 'add', place: result?.place });
            comeBack();
            const isInViewer = wasInViewer && currentRoute().image !== undefined;
            if (isInViewer) go(withImage(picture.image_id), { replace: true });
          });
        }),
    };
  }, [clientOf, library]);
}

import { explain, SafelightError } from '@safelight/client';
import { useMemo } from 'react';
import type { Picture } from '../library/library.ts';
import { useLibrary } from '../library/source.tsx';
import { currentRoute, go, withImage } from '../routes.ts';
import { useSession } from '../session/session.tsx';
import { remember } from '../session/tab-memory.ts';
import { numberText } from '../ui/formats.ts';
import { ask } from '../ui/question.tsx';
import { showToast } from '../ui/toast.tsx';
import { trashChanged } from './trash-changed.ts';

export interface Trash {
  /**
   * Moves the picture to the trash at once, and offers Undo, also for those moved just before. Without a trash it asks,
   * and deletes for good. Says what went wrong. `onLeave`: the picture isn't shown any more. Its signal aborts when the
   * library has the picture again, after a failure or Undo.
   */
  trash(picture: Picture, onLeave?: (back: AbortSignal) => void): Promise<void>;
  /** Asks, and deletes for good. Resolves with whether it's gone. */
  deleteForever(picture: Deleted): Promise<boolean>;
}

interface Moved {
  readonly picture: Picture;
  readonly back: AbortController;
}

type Deleted = Pick<Picture, 'image_id' | 'filename' | 'user_id'>;

export function useTrash(): Trash {
  const { clientOf, info, user, ownUser } = useSession();
  const library = useLibrary();
  return useMemo(() => {
    /** Those that the toast's Undo gives back. */
    let moved: readonly Moved[] = [];
    let isOffered = (): boolean => false;
    const offerUndo = (one: Moved): void => {
      moved = isOffered() ? [...moved, one] : [one];
      const all = moved;
      const owners = new Set(all.map(({ picture }) => picture.user_id));
      const [owner = ''] = owners;
      const isOther = user === undefined && (owners.size > 1 || owner !== ownUser);
      if (isOther) remember('trash-user', one.picture.user_id);
      const count = all.length === 1 ? 'Moved' : `${numberText(all.length)} moved`;
      const where = isOther ? (owners.size > 1 ? "their users' trash" : `the trash of \u2068${owner}\u2069`) : 'trash';
      const text = `${count} to ${where}`;
      isOffered = showToast({ text, action: { label: 'Undo', isUndo: true, run: () => void undo(all) } });
    };
    const undo = async (all: readonly Moved[]): Promise<void> => {
      const wasInViewer = currentRoute().image !== undefined; // one that is opened meanwhile stays
      try {
        for (const { picture, back } of all) {
          library.put(await clientOf(picture.user_id).images.restore(picture.image_id));
          back.abort();
          trashChanged(picture.image_id);
        }
        const last = all.at(-1)?.picture;
        if (last && wasInViewer && currentRoute().image !== undefined) go(withImage(last.image_id), { replace: true });
      } catch (error) {
        showToast({ text: explain(error) });
      }
    };
    const deleteForever = async ({ image_id, filename, user_id }: Deleted): Promise<boolean> => {
      const text = `“\u2068${filename}\u2069” can't be restored afterwards.`;
      if (!(await ask({ title: 'Delete forever?', text, action: 'Delete forever' }))) return false;
      try {
        await clientOf(user_id).images.delete(image_id);
      } catch (error) {
        if (!isGone(error)) {
          showToast({ text: explain(error) });
          return false;
        }
      }
      showToast({ text: 'Deleted' });
      return true;
    };
    return {
      async trash(picture, onLeave) {
        const back = new AbortController();
        if (info.trash_days === 0) {
          if (!(await deleteForever(picture))) return;
          library.remove(picture.image_id);
          onLeave?.(back.signal);
          return;
        }
        library.remove(picture.image_id);
        onLeave?.(back.signal);
        try {
          await clientOf(picture.user_id).images.trash(picture.image_id);
          library.remove(picture.image_id); // a list that was read before may have had a newer revision
          trashChanged();
          offerUndo({ picture, back });
        } catch (error) {
          if (!isGone(error)) {
            library.put(picture);
            back.abort();
          }
          showToast({ text: explain(error) });
        }
      },
      deleteForever,
    };
  }, [clientOf, info, library, user, ownUser]);
}

export const isGone = (error: unknown): boolean => error instanceof SafelightError && error.code === 'image-not-found';

import { explain, SafelightError } from '@safelight/client';
import { useMemo } from 'react';
import { currentAddress, go } from '../address.ts';
import type { Picture } from '../library/library.ts';
import { useLibrary } from '../library/library-context.tsx';
import { useSession } from '../session/session.tsx';
import { ask } from '../ui/question.tsx';
import { showToast } from '../ui/toast.tsx';
import { trashChanged } from './trash-changed.ts';

export interface Trash {
  /**
   * Moves the picture to the trash at once, and offers Undo, also for those moved just before. Without a trash it asks, and deletes
   * for good. Says what went wrong.
   * `onLeave`: the picture isn't shown any more; if it fails later, the library has it again.
   */
  trash(picture: Picture, onLeave?: () => void): Promise<void>;
  /** Asks, and deletes for good. Resolves with whether it's gone. */
  deleteForever(picture: Deleted): Promise<boolean>;
}

type Deleted = Pick<Picture, 'image_id' | 'filename' | 'user_id'>;

export function useTrash(): Trash {
  const { clientOf, info } = useSession();
  const library = useLibrary();
  return useMemo(() => {
    /** Those that the toast's Undo gives back. */
    let moved: readonly Picture[] = [];
    let isOffered = (): boolean => false;
    const offerUndo = (picture: Picture): void => {
      moved = isOffered() ? [...moved, picture] : [picture];
      const pictures = moved;
      const text = pictures.length === 1 ? 'Moved to trash' : `${pictures.length} moved to trash`;
      isOffered = showToast({ text, action: { label: 'Undo', run: () => void undo(pictures) } });
    };
    const undo = async (pictures: readonly Picture[]): Promise<void> => {
      const wasInViewer = currentAddress().image !== undefined; // one that is opened meanwhile stays
      try {
        for (const { image_id, user_id } of pictures) library.put(await clientOf(user_id).images.restore(image_id));
        const last = pictures.at(-1);
        if (last && wasInViewer && currentAddress().image !== undefined)
          go({ image: last.image_id }, { replace: true });
      } catch (error) {
        showToast({ text: explain(error) });
      }
      trashChanged();
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
        if (info.trash_days === 0) {
          if (!(await deleteForever(picture))) return;
          library.remove(picture.image_id);
          onLeave?.();
          return;
        }
        library.remove(picture.image_id);
        onLeave?.();
        try {
          await clientOf(picture.user_id).images.trash(picture.image_id);
          trashChanged();
          offerUndo(picture);
        } catch (error) {
          if (!isGone(error)) library.put(picture);
          showToast({ text: explain(error) });
        }
      },
      deleteForever,
    };
  }, [clientOf, info, library]);
}

export const isGone = (error: unknown): boolean => error instanceof SafelightError && error.code === 'image-not-found';

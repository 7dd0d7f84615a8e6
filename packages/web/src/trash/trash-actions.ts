import { explain } from '@safelight/client';
import { createContext, useContext, useMemo } from 'react';
import type { Library, Picture } from '../library/library.ts';
import { useLibrary } from '../library/source.tsx';
import { useSession } from '../session/session.tsx';
import { showToast } from '../ui/toast.tsx';
import { isGone, useTrash } from './use-trash.ts';

/** `onLeave`: the picture isn't in the trash any more. */
type Act = (picture: Picture, onLeave?: () => void) => Promise<void>;

/** What can be done to a picture in the trash. Says what went wrong. */
export interface TrashActions {
  readonly restore: Act;
  /** Asks before. */
  readonly deleteForever: Act;
}

const TrashActionsContext = createContext<TrashActions | undefined>(undefined);
export const TrashActionsProvider = TrashActionsContext.Provider;

export function useTrashActions(): TrashActions {
  const actions = useContext(TrashActionsContext);
  if (!actions) throw new Error('expected useTrashActions within <TrashActionsProvider>; got none');
  return actions;
}

/** For the trash around it. `photos` gets what is restored. */
export function useNewTrashActions(photos: Library): TrashActions {
  const { clientOf } = useSession();
  const { deleteForever } = useTrash();
  const trash = useLibrary();
  return useMemo(() => {
    const restoring = new Set<string>();
    const leave = (id: string, onLeave?: () => void): void => {
      trash.remove(id);
      onLeave?.();
    };
    return {
      async restore({ image_id: id, user_id }, onLeave) {
        if (restoring.has(id)) return; // a double click
        restoring.add(id);
        try {
          photos.put(await clientOf(user_id).images.restore(id));
          leave(id, onLeave);
          showToast({ text: 'Restored' });
        } catch (problem) {
          if (isGone(problem)) leave(id, onLeave);
          showToast({ text: isGone(problem) ? "This picture isn't in the trash any more." : explain(problem) });
        } finally {
          restoring.delete(id);
        }
      },
      async deleteForever(picture, onLeave) {
        if (await deleteForever(picture)) leave(picture.image_id, onLeave);
      },
    };
  }, [clientOf, deleteForever, photos, trash]);
}

import { explain, SafelightError } from '@safelight/client';
import { useMemo } from 'react';
import type { Picture } from '../library/library.ts';
import { useLibrary } from '../library/source.tsx';
import { useSession } from '../session/session.tsx';
import { showToast } from '../ui/toast.tsx';
import { FAVORITE, isFavorite, withFavorite } from './favorite.ts';

/**
 * Makes the picture a favorite, or no longer one, at once; `onChange` gets it as it is then. A toast says what went
 * wrong, and takes it back.
 */
export type ToggleFavorite = (picture: Picture, onChange?: (picture: Picture) => void) => void;

export function useFavorites(): ToggleFavorite {
  const { clientOf } = useSession();
  const library = useLibrary();
  return useMemo(() => {
    /** One change of a picture at a time, so that the last one counts. */
    const running = new Map<string, Promise<void>>();
    /** Whether the service has it as one, while that differs from what is shown. */
    const kept = new Map<string, boolean>();
    const show = (picture: Picture, onChange?: (picture: Picture) => void): void => {
      // Where only favorites are shown it leaves as if it were trashed; others' changes leave a place behind.
      if (!isFavorite(picture) && library.query.tags.includes(FAVORITE)) library.remove(picture.image_id);
      else library.put(picture);
      onChange?.(picture);
    };
    const toggle: ToggleFavorite = (picture, onChange) => {
      const { image_id: id, user_id: owner, tags = [] } = picture;
      const isAdded = !isFavorite(picture);
      const next = withFavorite(picture, isAdded);
      if (!kept.has(id)) kept.set(id, !isAdded);
      show(next, onChange);
      const { images } = clientOf(owner);
      const send = async (): Promise<void> => {
        try {
          const { results } = await images.change({
            image_ids: [id],
            ...(isAdded ? { add_tags: [FAVORITE] } : { remove_tags: [FAVORITE] }),
          });
          const refusal = results[0]?.error;
          if (refusal) throw new SafelightError(refusal.code, refusal.detail);
          kept.set(id, isAdded);
        } catch (error) {
          showToast({ text: isAdded && tags.length >= MOST_TAGS ? FULL : explain(error) });
          // What else has changed since then stays.
          if (running.get(id) === mine)
            show(withFavorite(library.loaded(id) ?? picture, kept.get(id) === true), onChange);
        }
        if (running.get(id) === mine) {
          running.delete(id);
          kept.delete(id);
        }
      };
      const mine = (running.get(id) ?? Promise.resolve()).then(send);
      running.set(id, mine);
      if (!isAdded && library.query.tags.includes(FAVORITE))
        showToast({
          text: 'No longer a favorite',
          action: { label: 'Undo', isUndo: true, run: () => toggle(next, onChange) },
        });
    };
    return toggle;
  }, [clientOf, library]);
}

/** As the service allows. */
const MOST_TAGS = 20;
const FULL = 'This picture has 20 tags, as many as it can. Remove one to make it a favorite.';

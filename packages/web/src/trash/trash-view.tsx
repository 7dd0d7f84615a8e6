import { explain } from '@safelight/client';
import { useRef } from 'react';
import { flushSync } from 'react-dom';
import { useLibrary } from '../library/library-context.tsx';
import { useSession } from '../session/session.tsx';
import { Button } from '../ui/button.tsx';
import { ask } from '../ui/question.tsx';
import { showToast } from '../ui/toast.tsx';
import { EmptyingError, emptyTrash } from './empty-trash.ts';
import style from './trash-view.module.css';
import { TrashedTile } from './trashed-tile.tsx';
import { isGone, useTrash } from './use-trash.ts';
import { type TrashedPicture, useTrashed } from './use-trashed.ts';

/** What was moved to the trash, and when it will be gone. */
export function TrashView() {
  const { clientOf, info, user, ownUser, canChooseUser } = useSession();
  const { deleteForever } = useTrash();
  const library = useLibrary();
  const { pictures, hasMore, error, more, reload, remove } = useTrashed();
  const view = useRef<HTMLElement>(null);

  /** The tile goes; the focus goes to the one in its place. */
  const leave = (id: string): void => {
    const index = pictures?.findIndex(({ image_id }) => image_id === id) ?? -1;
    const hadFocus = view.current?.contains(document.activeElement) || document.activeElement === document.body;
    flushSync(() => remove(id));
    if (!hadFocus) return;
    const buttons = [...(view.current?.querySelectorAll<HTMLElement>('[data-restores]') ?? [])];
    (buttons[Math.min(index, buttons.length - 1)] ?? view.current)?.focus();
  };
  const restoring = useRef(new Set<string>());
  const restore = async ({ image_id, user_id }: TrashedPicture): Promise<void> => {
    if (restoring.current.has(image_id)) return; // a double click
    restoring.current.add(image_id);
    try {
      library.put(await clientOf(user_id).images.restore(image_id));
      leave(image_id);
      showToast({ text: 'Restored' });
    } catch (problem) {
      if (isGone(problem)) leave(image_id);
      showToast({ text: isGone(problem) ? "This picture isn't in the trash any more." : explain(problem) });
    } finally {
      restoring.current.delete(image_id);
    }
  };
  const empty = async (): Promise<void> => {
    const whose = user === undefined && canChooseUser ? ` of the user \u2068${ownUser}\u2069` : '';
    const text = `All pictures in the trash${whose} will be gone for good.`;
    if (!(await ask({ title: 'Empty the trash?', text, action: 'Delete all forever' }))) return;
    try {
      const owner = user ?? ownUser;
      await emptyTrash(clientOf(owner), owner);
      showToast({ text: 'The trash is empty' });
    } catch (problem) {
      showToast({ text: problem instanceof EmptyingError ? problem.message : explain(problem) });
    }
    reload();
    view.current?.focus();
  };

  return (
    <section ref={view} className={style['view']} aria-label="Trash" tabIndex={-1}>
      <header>
        <p>
          {info.trash_days === 0 ? 'There is no trash here: pictures are deleted at once.' : keptFor(info.trash_days)}
          {canChooseUser && user === undefined && (
            <>
              {' '}
              Only pictures of the user <bdi>{ownUser}</bdi> are shown.
            </>
          )}
        </p>
        {pictures && pictures.length > 0 && (
          <Button className={style['empty-all'] ?? ''} onClick={() => void empty()}>
            Empty…
          </Button>
        )}
      </header>
      {error !== undefined && (
        <p role="alert">
          {explain(error)} <Button onClick={reload}>Try again</Button>
        </p>
      )}
      {pictures?.length === 0 && info.trash_days > 0 && <p className={style['empty']}>The trash is empty.</p>}
      <ul>
        {pictures?.map((picture) => (
          <TrashedTile
            key={picture.image_id}
            picture={picture}
            onRestore={() => void restore(picture)}
            onDelete={() => void deleteForever(picture).then((isDone) => isDone && leave(picture.image_id))}
          />
        ))}
      </ul>
      {hasMore && <Button onClick={more}>Show more</Button>}
    </section>
  );
}

const keptFor = (days: number): string =>
  `Pictures in the trash are deleted for good after ${days === 1 ? 'a day' : `${days} days`}.`;

import { explain } from '@safelight/client';
import { useRef } from 'react';
import { flushSync } from 'react-dom';
import { useLibrary } from '../library/library-context.tsx';
import { useRoute } from '../routes.ts';
import { useSession } from '../session/session.tsx';
import { useKnownUsers } from '../session/use-known-users.ts';
import { UserField } from '../session/user-field.tsx';
import { Button } from '../ui/button.tsx';
import { numberText } from '../ui/formats.ts';
import { later } from '../ui/later.tsx';
import { ask } from '../ui/question.tsx';
import { showToast } from '../ui/toast.tsx';
import { useClosing } from '../viewer/use-closing.ts';
import { countTrash, EmptyingError, emptyTrash } from './empty-trash.ts';
import style from './trash-view.module.css';
import type { TrashViewerProps } from './trash-viewer.tsx';
import { TrashedTile } from './trashed-tile.tsx';
import { isGone, useTrash } from './use-trash.ts';
import { useTrashOwner } from './use-trash-owner.ts';
import { type TrashedPicture, useTrashed } from './use-trashed.ts';

const TrashViewer = later<TrashViewerProps>(() => import('./trash-viewer.tsx').then(({ TrashViewer }) => TrashViewer));

/** What was moved to the trash, and when it will be gone. */
export function TrashView() {
  const session = useSession();
  const { clientOf, info, users } = session;
  const { owner, choose } = useTrashOwner();
  const known = useKnownUsers(session);
  const { image } = useRoute();
  const { hasViewBehind, close } = useClosing();
  const { deleteForever } = useTrash();
  const library = useLibrary();
  const trashed = useTrashed(owner);
  const { pictures, hasMore, error, more, reload, remove } = trashed;
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
  /** Whether it isn't in the trash any more. */
  const restore = async ({ image_id, user_id }: TrashedPicture): Promise<boolean> => {
    if (restoring.current.has(image_id)) return false; // a double click
    restoring.current.add(image_id);
    try {
      library.put(await clientOf(user_id).images.restore(image_id));
      leave(image_id);
      showToast({ text: 'Restored' });
      return true;
    } catch (problem) {
      if (isGone(problem)) leave(image_id);
      showToast({ text: isGone(problem) ? "This picture isn't in the trash any more." : explain(problem) });
      return isGone(problem);
    } finally {
      restoring.current.delete(image_id);
    }
  };
  const forever = async (picture: TrashedPicture): Promise<boolean> => {
    const isDone = await deleteForever(picture);
    if (isDone) leave(picture.image_id);
    return isDone;
  };
  const empty = async (): Promise<void> => {
    const whose = choose ? ` of the user \u2068${owner}\u2069` : '';
    try {
      const count = await countTrash(clientOf(owner), owner);
      const what = count === 1 ? '1 picture' : `${numberText(count)} pictures`;
      const text = `${what} in the trash${whose} will be gone for good.`;
      if (!(await ask({ title: 'Empty the trash?', text, action: 'Delete all forever' }))) return;
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
        </p>
        {pictures && pictures.length > 0 && (
          <Button className={style['empty-all'] ?? ''} onClick={() => void empty()}>
            Empty…
          </Button>
        )}
      </header>
      {choose && (
        <div className={style['owner']}>
          <UserField
            key={owner}
            label="Whose trash"
            value={owner}
            known={users ?? known}
            isLimited={users !== undefined}
            everybody={false}
            action="Show"
            onChoose={(chosen) => chosen !== undefined && choose(chosen)}
          />
        </div>
      )}
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
            onDelete={() => void forever(picture)}
          />
        ))}
      </ul>
      {hasMore && <Button onClick={more}>Show more</Button>}
      {image !== undefined && (
        <TrashViewer
          key={owner}
          id={image}
          trashed={trashed}
          onRestore={restore}
          onDelete={forever}
          isFromView={hasViewBehind()}
          onClose={close}
        />
      )}
    </section>
  );
}

const keptFor = (days: number): string =>
  `Pictures in the trash are deleted for good after ${days === 1 ? 'a day' : `${days} days`}.`;

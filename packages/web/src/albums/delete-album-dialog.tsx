import { type Album, explain } from '@safelight/client';
import { type FormEvent, useId, useRef, useState } from 'react';
import style from '../select/dialogs.module.css';
import { picturesText } from '../select/words.ts';
import { useSession } from '../session/session.tsx';
import { trashChanged } from '../trash/trash-changed.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { showToast } from '../ui/toast.tsx';

interface DeleteAlbumDialogProps {
  readonly album: Album;
  readonly onClose: () => void;
  readonly onDeleted: () => void;
}

/** Asks before an album is deleted, and whether its pictures go to the trash. */
export function DeleteAlbumDialog({ album, onClose, onDeleted }: DeleteAlbumDialogProps) {
  const { clientOf, info } = useSession();
  const { album_id: id, user_id: owner, title, images } = album;
  const field = useId();
  const [withImages, setWithImages] = useState(false);
  const [problem, setProblem] = useState<string>();
  const isBusy = useRef(false);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (isBusy.current) return;
    isBusy.current = true;
    try {
      await clientOf(owner).albums.delete(id, { withImages });
      if (withImages) trashChanged();
      const text = withImages ? 'Album deleted. Its pictures are moving to the trash.' : 'Album deleted';
      showToast({ text });
      onDeleted();
    } catch (error) {
      setProblem(explain(error));
      isBusy.current = false;
    }
  };
  return (
    <Dialog title="Delete album?" onClose={onClose}>
      <form className={style['form']} onSubmit={(event) => void submit(event)}>
        <p className={style['whole']}>
          “<bdi>{title}</bdi>” can't be restored afterwards.
          {images > 0 && !withImages && ` Its ${picturesText(images)} stay among the photos.`}
        </p>
        {images > 0 && info.trash_days > 0 && (
          <label className={style['choice']} htmlFor={field}>
            <input
              id={field}
              type="checkbox"
              checked={withImages}
              onChange={({ target }) => setWithImages(target.checked)}
            />
            Move its {picturesText(images)} to the trash too
          </label>
        )}
        <p role="alert" className={style['problem']}>
          {problem}
        </p>
        <Button isMain type="submit">
          Delete album
        </Button>
      </form>
    </Dialog>
  );
}

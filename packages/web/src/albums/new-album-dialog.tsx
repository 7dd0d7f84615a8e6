import { type Album, explain } from '@safelight/client';
import { type FormEvent, useId, useRef, useState } from 'react';
import style from '../select/dialogs.module.css';
import { useSession } from '../session/session.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { titleProblem } from './title-problem.ts';

interface NewAlbumDialogProps {
  readonly owner: string;
  readonly onClose: () => void;
  readonly onCreated: (album: Album) => void;
}

/** Asks for the title of a new album, and creates it. */
export function NewAlbumDialog({ owner, onClose, onCreated }: NewAlbumDialogProps) {
  const { clientOf } = useSession();
  const id = useId();
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<string>();
  const [isSending, setIsSending] = useState(false);
  const isBusy = useRef(false);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const title = text.trim();
    const said = titleProblem(title);
    setProblem(said);
    if (said !== undefined || isBusy.current) return;
    isBusy.current = true; // a second Enter would create another one
    setIsSending(true);
    try {
      onCreated(await clientOf(owner).albums.create({ user_id: owner, title }));
    } catch (error) {
      setProblem(explain(error));
    }
    isBusy.current = false;
    setIsSending(false);
  };
  return (
    <Dialog title="New album" onClose={onClose}>
      <form className={style['form']} onSubmit={(event) => void submit(event)}>
        <label htmlFor={id}>Title</label>
        <input
          id={id}
          ref={focusFirst}
          value={text}
          autoComplete="off"
          dir="auto"
          aria-describedby={`${id}-problem`}
          aria-invalid={problem !== undefined}
          enterKeyHint="done"
          onChange={({ target }) => {
            setText(target.value);
            setProblem(undefined);
          }}
        />
        <p id={`${id}-problem`} role="alert" className={style['problem']}>
          {problem}
        </p>
        <Button isMain type="submit" aria-disabled={isSending}>
          Create
        </Button>
      </form>
    </Dialog>
  );
}

/** When the dialog opens, the field has the focus. */
const focusFirst = (field: HTMLInputElement | null): void => field?.setAttribute('autofocus', '');

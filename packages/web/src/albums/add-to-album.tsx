import { type Album, explain } from '@safelight/client';
import { type FormEvent, useEffect, useId, useRef, useState, useSyncExternalStore } from 'react';
import type { Picture } from '../library/library.ts';
import style from '../select/dialogs.module.css';
import { picturesText } from '../select/words.ts';
import { useSession } from '../session/session.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import type { AlbumList } from './album-list.ts';
import type { NamedAlbum } from './named-album.ts';
import { titleProblem } from './title-problem.ts';
import { useAlbumList } from './use-album-list.ts';

export interface AddToAlbumProps {
  readonly pictures: readonly Pick<Picture, 'user_id'>[];
  readonly onClose: () => void;
  readonly onChoose: (album: NamedAlbum) => void;
}

/** Asks to which album pictures are added: one of the newest, one that is typed, or a new one. */
export function AddToAlbum({ pictures, onClose, onChoose }: AddToAlbumProps) {
  const [owner = '', ...others] = new Set(pictures.map(({ user_id }) => user_id));
  const title = `Add ${picturesText(pictures.length)} to an album`;
  return (
    <Dialog title={title} onClose={onClose}>
      {others.length > 0 ? (
        <p>An album has pictures of one user. These belong to several: select those of one.</p>
      ) : (
        <Choice owner={owner} onChoose={onChoose} />
      )}
    </Dialog>
  );
}

interface ChoiceProps {
  readonly owner: string;
  readonly onChoose: (album: NamedAlbum) => void;
}

function Choice(props: ChoiceProps) {
  const list = useAlbumList(props.owner);
  return list && <Choices {...props} list={list} />;
}

/** More are found by their letters. */
const MOST_OFFERED = 8;

function Choices({ owner, onChoose, list }: ChoiceProps & { readonly list: AlbumList }) {
  const { clientOf } = useSession();
  const id = useId();
  const { albums = [], isEnd, error } = useSyncExternalStore(list.subscribe, list.snapshot);
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<string>();
  const isBusy = useRef(false);
  const typed = text.trim();
  const found = albums.filter(({ title }) => fold(title).includes(fold(typed)));
  const offered = found.slice(0, MOST_OFFERED);
  const hasTyped = albums.some(({ title }) => fold(title) === fold(typed));
  // Only the newest are there at first.
  useEffect(() => {
    if (typed !== '' && found.length < MOST_OFFERED && !isEnd && !error) list.more();
  }, [typed, found.length, isEnd, error, list]);

  const create = async (): Promise<void> => {
    const said = titleProblem(typed);
    setProblem(said);
    if (said !== undefined || isBusy.current) return;
    isBusy.current = true; // a second Enter would create another one
    try {
      onChoose(await clientOf(owner).albums.create({ user_id: owner, title: typed }));
    } catch (problem) {
      setProblem(explain(problem));
      isBusy.current = false;
    }
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const [first] = offered;
    if (typed !== '' && first) onChoose(first);
    else void create();
  };
  return (
    <form className={style['form']} onSubmit={submit}>
      <label htmlFor={id}>Album</label>
      <input
        id={id}
        ref={focusFirst}
        value={text}
        placeholder="Title of an album, or of a new one"
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
        {problem ?? (error && explain(error))}
      </p>
      {(offered.length > 0 || typed !== '') && (
        <ul className={style['buttons']} aria-label="Albums">
          {offered.map((album) => (
            <li key={album.album_id}>
              <AlbumButton album={album} onChoose={onChoose} />
            </li>
          ))}
          {typed !== '' && !hasTyped && (
            <li>
              <Button onClick={() => void create()}>
                <span className={style['name']}>
                  New album “<bdi>{typed}</bdi>”
                </span>
              </Button>
            </li>
          )}
        </ul>
      )}
      {albums.length === 0 && isEnd && typed === '' && (
        <p className={style['quiet']}>There are no albums yet. Type the title of the first one.</p>
      )}
    </form>
  );
}

interface AlbumButtonProps {
  readonly album: Album;
  readonly onChoose: (album: NamedAlbum) => void;
}

const AlbumButton = ({ album, onChoose }: AlbumButtonProps) => (
  <Button onClick={() => onChoose(album)}>
    <bdi className={style['name']}>{album.title}</bdi>
    <small>{picturesText(album.images)}</small>
  </Button>
);

/** As people look for it: without case and accents. */
const fold = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

/** When the dialog opens, or is open already, the field has the focus. */
const focusFirst = (field: HTMLInputElement | null): void => {
  field?.setAttribute('autofocus', '');
  field?.focus();
};

import { type Album, explain, SafelightError } from '@safelight/client';
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { useSession } from '../session/session.tsx';
import style from './album-page.module.css';
import { titleProblem } from './title-problem.ts';
import type { OpenAlbum } from './use-album.ts';

interface TitleFieldProps {
  readonly album: Album;
  readonly open: OpenAlbum;
}

/** The title. Enter, or a focus that leaves, saves what was typed, and Escape leaves it as it was. */
export function TitleField({ album: { title }, open }: TitleFieldProps) {
  const { mayChange } = useSession();
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  /** What is typed; undefined: the title isn't edited. */
  const [text, setText] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const isBusy = useRef(false);
  /** Whether a key ends it: the title gets the focus back. */
  const isByKey = useRef(false);
  const isEditing = text !== undefined;
  useEffect(() => {
    if (!isEditing && isByKey.current) button.current?.focus();
    isByKey.current = false;
  }, [isEditing]);

  const end = (): void => {
    setText(undefined);
    setProblem(undefined);
  };
  const save = async (): Promise<void> => {
    const typed = (text ?? '').trim();
    if (typed === title) return end();
    const said = titleProblem(typed);
    if (said !== undefined) return setProblem(said);
    if (isBusy.current) return;
    isBusy.current = true;
    try {
      await open.update({ title: typed });
      end();
    } catch (error) {
      if (!(error instanceof SafelightError)) throw error;
      setProblem(error.code === 'revision-conflict' ? CONFLICT : explain(error));
    } finally {
      isBusy.current = false;
    }
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' && event.key !== 'Escape') return;
    event.preventDefault();
    isByKey.current = true;
    if (event.key === 'Escape') end();
    else void save();
  };
  if (!mayChange)
    return (
      <h2>
        <bdi>{title}</bdi>
      </h2>
    );
  if (!isEditing)
    return (
      <h2>
        <button
          ref={button}
          type="button"
          className={style['title']}
          title="Change the title"
          onClick={() => setText(title)}
        >
          <bdi>{title}</bdi>
        </button>
      </h2>
    );
  return (
    <div className={style['editing']}>
      <h2 className="visually-hidden">
        <bdi>{title}</bdi>
      </h2>
      <input
        ref={selectAll}
        aria-label="Title"
        aria-describedby={id}
        aria-invalid={problem !== undefined}
        value={text}
        dir="auto"
        autoComplete="off"
        enterKeyHint="done"
        onChange={({ target }) => {
          setText(target.value);
          setProblem(undefined);
        }}
        onKeyDown={onKeyDown}
        onBlur={() => void (problem === undefined && !isByKey.current && save())}
      />
      <p id={id} role="alert">
        {problem === CONFLICT ? (
          <>
            {CONFLICT} The title is “<bdi>{title}</bdi>” now. Enter saves yours, Escape keeps theirs.
          </>
        ) : (
          problem
        )}
      </p>
    </div>
  );
}

const CONFLICT = 'Somebody else changed the album meanwhile.';

const selectAll = (field: HTMLInputElement | null): void => field?.select();

import { type FormEvent, useId, useMemo, useState } from 'react';
import { tagProblem } from '../find/tag-problem.ts';
import { useSuggestedTags } from '../find/use-suggested-tags.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import type { ChangeDialogProps } from './change-dialog.ts';
import type { Selecting } from './create-selecting.ts';
import style from './dialogs.module.css';
import { picturesText } from './words.ts';

interface TagDialogProps extends ChangeDialogProps {
  readonly isRemoving: boolean;
}

/** Buttons for so many tags; more are found by their first letters. */
const MOST_OFFERED = 12;

/** A tag for the selected pictures, or one that they lose. Tags in use are offered. */
export function TagDialog({ isRemoving, selecting, onClose, onChange }: TagDialogProps) {
  const id = useId();
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<string>();
  const members = useMemo(() => selecting.members(), [selecting]);
  const ofSelected = useMemo(() => (isRemoving ? tagsOf(selecting) : []), [isRemoving, selecting]);
  const typed = text.normalize('NFC').trim();
  const inUse = useSuggestedTags(typed).map(({ tag }) => tag);
  const begun = ofSelected.filter((tag) => tag.toLowerCase().startsWith(typed.toLowerCase()));
  const offered = [...new Set([...begun, ...(begun.length > 0 ? [] : inUse)])].slice(0, MOST_OFFERED);

  const choose = (tag: string): void => {
    const said = tagProblem(tag);
    setProblem(said);
    if (said !== undefined) return;
    const words = isRemoving
      ? { doing: 'Removing the tag', done: 'Removed the tag from', unchanged: 'None of them has this tag.' }
      : { doing: 'Tagging', done: 'Tagged', unchanged: 'They have this tag already.' };
    onChange(words, isRemoving ? { remove_tags: [tag] } : { add_tags: [tag] }, members);
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    choose(typed);
  };
  const title = isRemoving
    ? `Remove a tag from ${picturesText(members.length)}`
    : `Tag ${picturesText(members.length)}`;
  return (
    <Dialog title={title} onClose={onClose}>
      <form className={style['form']} onSubmit={submit}>
        <label htmlFor={id}>Tag</label>
        <input
          id={id}
          ref={focusFirst}
          value={text}
          autoComplete="off"
          autoCapitalize="off"
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
        {offered.length > 0 && (
          <ul className={style['offered']} aria-label="Tags in use">
            {offered.map((tag) => (
              <li key={tag}>
                <Button onClick={() => choose(tag)}>
                  <bdi>{tag}</bdi>
                </Button>
              </li>
            ))}
          </ul>
        )}
        <Button isMain type="submit">
          {isRemoving ? 'Remove tag' : 'Add tag'}
        </Button>
      </form>
    </Dialog>
  );
}

/** When the dialog opens, the field has the focus. */
const focusFirst = (field: HTMLInputElement | null): void => field?.setAttribute('autofocus', '');

/** Those of selected pictures that are loaded, the most frequent first. */
function tagsOf(selecting: Selecting): readonly string[] {
  const counts = new Map<string, number>();
  for (const { image_id } of selecting.members())
    for (const tag of selecting.library.loaded(image_id)?.tags ?? []) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return [...counts].toSorted(([, one], [, other]) => other - one).map(([tag]) => tag);
}

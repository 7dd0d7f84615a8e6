import { X } from 'lucide-react';
import { type KeyboardEvent, useRef, useState } from 'react';
import { useSuggestedTags } from '../../find/use-suggested-tags.ts';
import { IconButton } from '../../ui/button.tsx';
import style from './about.module.css';
import type { FieldEdit } from './field-edit.ts';
import { FieldFrame } from './field-frame.tsx';
import { allTags, type TagsForm } from './fields.ts';
import { isFull, tagFault } from './limits.ts';
import { useFieldState } from './use-edits.ts';

interface TagsFieldProps {
  readonly edit: FieldEdit<TagsForm>;
  /** Whose tags are suggested. */
  readonly owner: string;
}

/** More are found by more letters. */
const MOST_SUGGESTED = 6;

/** Chips, and a field that adds one, with suggestions below it (a combobox, WAI-ARIA APG). */
export function TagsField({ edit, owner }: TagsFieldProps) {
  const { own, status } = useFieldState(edit);
  const { tags, text } = own;
  const [active, setActive] = useState<number>();
  const [isOpen, setOpen] = useState(false);
  const list = useRef<HTMLUListElement>(null);
  const found = useSuggestedTags(isOpen && status !== 'conflict' ? text.trim() : undefined, owner);
  const suggestions = found
    .map(({ tag }) => tag)
    .filter((tag) => !tags.includes(tag))
    .slice(0, MOST_SUGGESTED);
  const chosen = active === undefined ? undefined : suggestions[active];
  const add = (added: string): void => {
    if (tagFault(added) !== undefined) return;
    edit.type({ tags: allTags({ tags, text: added }), text: '' });
    setOpen(false);
    setActive(undefined);
    void edit.save();
  };
  const remove = (tag: string): void => {
    const index = tags.indexOf(tag);
    edit.type({ tags: tags.filter((one) => one !== tag), text });
    void edit.save();
    // The chip takes its button along.
    const buttons = [...(list.current?.querySelectorAll('button') ?? [])].filter((_, at) => at !== index);
    const next = buttons[Math.min(index, buttons.length - 1)] ?? list.current?.parentElement?.querySelector('input');
    next?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.nativeEvent.isComposing) return;
    const count = suggestions.length;
    if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && count > 0) {
      event.preventDefault();
      const step = event.key === 'ArrowDown' ? 1 : -1;
      setOpen(true);
      setActive(active === undefined ? (step === 1 ? 0 : count - 1) : (active + step + count) % count);
    } else if (event.key === 'Enter' || (event.key === ',' && text.trim() !== '')) {
      event.preventDefault();
      add(chosen ?? text);
    } else if (event.key === 'Backspace' && text === '') {
      const last = tags.at(-1);
      if (last !== undefined) remove(last);
    } else if (event.key === 'Escape' && isOpen && count > 0) {
      event.preventDefault();
      setOpen(false);
      setActive(undefined);
    }
  };
  const both = ({ own: mine, theirs }: { readonly own: TagsForm; readonly theirs: TagsForm }): TagsForm => ({
    tags: [...new Set([...theirs.tags, ...allTags(mine)])],
    text: '',
  });
  return (
    <FieldFrame
      edit={edit}
      label="Tags"
      hint={isFull(tags) ? 'That is all 20 that a picture can have.' : undefined}
      both={both}
    >
      {({ id, describedBy }) => (
        <div className={style['tags']}>
          {tags.length > 0 && (
            <ul ref={list} aria-label="Tags">
              {tags.map((tag) => (
                <li key={tag}>
                  <bdi>{tag}</bdi>
                  <IconButton icon={X} label={`Remove the tag \u2068${tag}\u2069`} onClick={() => remove(tag)} />
                </li>
              ))}
            </ul>
          )}
          <input
            id={id}
            role="combobox"
            aria-autocomplete="list"
            aria-expanded={suggestions.length > 0}
            aria-controls={`${id}list`}
            aria-activedescendant={chosen && `${id}-${active}`}
            aria-describedby={describedBy}
            placeholder="Add a tag"
            autoComplete="off"
            autoCapitalize="off"
            enterKeyHint="done"
            dir="auto"
            value={text}
            onFocus={() => setOpen(true)}
            onBlur={() => {
              setOpen(false);
              setActive(undefined);
            }}
            onChange={({ target }) => {
              edit.type({ tags, text: target.value });
              setOpen(true);
              setActive(undefined);
            }}
            onKeyDown={onKeyDown}
          />
          <div id={`${id}list`} role="listbox" aria-label="Tags in use" hidden={suggestions.length === 0}>
            {suggestions.map((tag, index) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the keys.
              <div
                key={tag}
                id={`${id}-${index}`}
                role="option"
                tabIndex={-1}
                aria-selected={index === active}
                onMouseDown={(event) => event.preventDefault()}
                onClick={() => add(tag)}
              >
                <bdi>{tag}</bdi>
              </div>
            ))}
          </div>
        </div>
      )}
    </FieldFrame>
  );
}

import { Search, X } from 'lucide-react';
import { type FocusEvent, type FormEvent, type KeyboardEvent, useId, useLayoutEffect, useRef, useState } from 'react';
import { ALL } from '../library/library-query.ts';
import { useLibraryQuery } from '../library/use-library-query.ts';
import { go, toQuery, useRoute, withImage } from '../routes.ts';
import { IconButton } from '../ui/button.tsx';
import style from './find.module.css';
import { added, readText } from './find-text.ts';
import { type Suggestion, suggestionsFor, tagPrefixOf } from './suggestions.ts';
import { useFindable } from './use-findable.ts';
import { useSuggestedTags } from './use-suggested-tags.ts';

export interface FieldProps {
  /** Ends the collection of what was typed before the field was there, and tells it. */
  readonly typed: () => string;
  readonly onLeave: () => void;
}

/** Words, tags, types, a month or an id, with suggestions below it (a combobox, WAI-ARIA APG). */
export function Field({ typed, onLeave }: FieldProps) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState('');
  const [active, setActive] = useState<number>();
  const [problem, setProblem] = useState<string>();
  const findable = useFindable();
  const shown = useLibraryQuery();
  const query = useRoute().view === 'photos' ? shown : ALL;
  const tags = useSuggestedTags(tagPrefixOf(text));
  const suggestions = suggestionsFor(text, { findable, query, tags });
  const chosen = active === undefined ? undefined : suggestions[active];
  useLayoutEffect(() => {
    input.current?.focus();
    setText(typed());
  }, [typed]);

  const type = (next: string): void => {
    setText(next);
    setActive(undefined);
    setProblem(undefined);
  };
  const find = (asked: string): void => {
    const { query: more, image, unknown } = readText(asked, findable);
    if (unknown.length > 0) {
      setProblem(`${unknown.join(' ')}: ${hintOf(findable.maySearch)}`);
      return;
    }
    onLeave();
    if (image !== undefined) {
      go(withImage(image));
    } else if (asked.trim() !== '') {
      scrollTo({ top: 0, behavior: 'instant' });
      go(toQuery(added(query, more)));
    }
  };
  const choose = ({ text: next, isWhole }: Suggestion): void => {
    if (isWhole) find(next);
    else type(next);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const { length } = suggestions;
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Escape') onLeave();
    else if (event.key === 'ArrowDown' && length > 0) setActive(active === undefined ? 0 : (active + 1) % length);
    else if (event.key === 'ArrowUp' && length > 0) setActive(((active ?? 0) + length - 1) % length);
    else return;
    event.preventDefault();
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (chosen) choose(chosen);
    else find(text);
  };
  const onBlur = ({ currentTarget, relatedTarget }: FocusEvent): void => {
    if (relatedTarget instanceof Node && !currentTarget.contains(relatedTarget)) onLeave();
  };
  return (
    <form className={style['form']} onSubmit={submit} onBlur={onBlur}>
      <Search size={20} strokeWidth={1.75} aria-hidden />
      <input
        ref={input}
        role="combobox"
        aria-label="Find"
        aria-autocomplete="list"
        aria-expanded={suggestions.length > 0}
        aria-controls={`${id}-list`}
        aria-activedescendant={chosen && `${id}-${active}`}
        aria-describedby={`${id}-problem`}
        value={text}
        placeholder={findable.maySearch ? 'Words, tag:sea, July 2024' : 'tag:sea, July 2024'}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        enterKeyHint="search"
        onChange={(event) => type(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <IconButton icon={X} label="Close" className={style['close'] ?? ''} onClick={onLeave} />
      <div className={style['panel']} hidden={suggestions.length === 0 && problem === undefined}>
        <p id={`${id}-problem`} role="status" className={style['problem']}>
          {problem}
        </p>
        <div id={`${id}-list`} role="listbox" aria-label="Suggestions">
          {suggestions.map((one, index) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the keys.
            <div
              key={`${one.about} ${one.label}`}
              id={`${id}-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === active}
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => choose(one)}
            >
              <bdi>{one.label}</bdi>
              <span>{one.about}</span>
            </div>
          ))}
        </div>
      </div>
    </form>
  );
}

const hintOf = (maySearch: boolean): string =>
  maySearch ? 'this service has no such filter.' : 'this service finds pictures by tag, type and month.';

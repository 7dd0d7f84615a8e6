import { type FormEvent, useId, useState } from 'react';
import { Button } from '../ui/button.tsx';
import style from './account.module.css';

/** In characters, as the service allows. */
const LONGEST = 128;

export interface UserFieldProps {
  readonly label: string;
  /** undefined: everybody. */
  readonly value: string | undefined;
  /** What the field begins with; absent: the value. */
  readonly proposed?: string;
  readonly known: readonly string[];
  /** Nobody but the known ones can be chosen. */
  readonly isLimited: boolean;
  /** Whether everybody can be chosen. */
  readonly everybody: boolean;
  /** What the button says. */
  readonly action?: string;
  onChoose(user: string | undefined): void;
}

/** A user's id: typed, or one that is proposed. */
export function UserField({
  label,
  value,
  proposed = value,
  known,
  isLimited,
  everybody,
  action,
  onChoose,
}: UserFieldProps) {
  const id = useId();
  const [text, setText] = useState(proposed ?? '');
  if (isLimited) {
    return (
      <div className={style['field']}>
        <label htmlFor={id}>{label}</label>
        <select id={id} value={value} onChange={(event) => onChoose(event.target.value)}>
          {known.map((user) => (
            <option key={user}>{user}</option>
          ))}
        </select>
      </div>
    );
  }
  const isChanged = text.trim() !== (value ?? '') && (everybody || text.trim() !== '');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const chosen = text.trim();
    if (isChanged) onChoose(chosen === '' ? undefined : chosen);
  };
  return (
    <form className={style['field']} onSubmit={submit}>
      <label htmlFor={id}>{label}</label>
      <span className={style['choice']}>
        <input
          id={id}
          list={`${id}-known`}
          value={text}
          maxLength={LONGEST}
          placeholder={everybody ? 'Everybody’s' : ''}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          onChange={(event) => setText(event.target.value)}
        />
        <Button type="submit" aria-disabled={!isChanged}>
          {action ?? (everybody ? 'Show' : 'Set')}
        </Button>
      </span>
      <datalist id={`${id}-known`}>
        {known.map((user) => (
          <option key={user} value={user} />
        ))}
      </datalist>
    </form>
  );
}

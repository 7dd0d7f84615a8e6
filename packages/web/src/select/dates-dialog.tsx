import { type FormEvent, useId, useMemo, useState } from 'react';
import { hasClock, timeOf } from '../library/position.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { numberText } from '../ui/formats.ts';
import type { ChangeDialogProps } from './change-dialog.ts';
import { type DateChoice, dateEdit } from './date-edit.ts';
import style from './dialogs.module.css';
import { picturesText } from './words.ts';

const UNITS = ['Days', 'Hours', 'Minutes'];

/** To set them again takes some seconds. */
const MANY_DATES = 100;

type Way = DateChoice['way'];
const WAYS = [
  ['later', 'Move later'],
  ['earlier', 'Move earlier'],
  ['set', 'Set one date for all'],
] as const satisfies readonly (readonly [Way, string])[];

/** Corrects when the selected pictures were taken. */
export function DatesDialog({ selecting, onClose, onChange }: ChangeDialogProps) {
  const id = useId();
  const members = useMemo(() => selecting.members(), [selecting]);
  const dates = useMemo(
    () => new Set(members.filter(({ at }) => hasClock(at)).map(({ at }) => timeOf(at))).size,
    [members],
  );
  const [way, setWay] = useState<Way>('later');
  const [amounts, setAmounts] = useState<readonly string[]>(UNITS.map(() => ''));
  const [date, setDate] = useState('');
  const [problem, setProblem] = useState<string>();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const edit = dateEdit({ way, amounts, date });
    if (typeof edit === 'string') setProblem(edit);
    else if (way === 'set') onChange(SETTING, edit, members);
    else onChange(MOVING, edit, members, 'newest');
  };
  return (
    <Dialog title={`Dates of ${picturesText(members.length)}`} onClose={onClose}>
      <form className={style['form']} onSubmit={submit} noValidate>
        <label htmlFor={`${id}way`}>What to do</label>
        <select
          id={`${id}way`}
          value={way}
          onChange={({ target }) => {
            setWay(target.value as Way);
            setProblem(undefined);
          }}
        >
          {WAYS.map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
        {way === 'set' ? (
          <>
            <label htmlFor={`${id}date`}>Date and time</label>
            <input
              id={`${id}date`}
              type="datetime-local"
              step={1}
              value={date}
              onChange={({ target }) => setDate(target.value)}
            />
            {dates >= MANY_DATES && (
              <p className={style['quiet']}>
                They have {numberText(dates)} different dates. Undo gives each its own back, which takes a while.
              </p>
            )}
          </>
        ) : (
          <div className={style['amounts']}>
            {UNITS.map((name, index) => (
              <label key={name}>
                {name}
                <input
                  type="number"
                  inputMode="numeric"
                  min={0}
                  step={1}
                  value={amounts[index]}
                  onChange={({ target }) => setAmounts(amounts.with(index, target.value))}
                />
              </label>
            ))}
          </div>
        )}
        <p role="alert" className={style['problem']}>
          {problem}
        </p>
        <Button isMain type="submit">
          Change dates
        </Button>
      </form>
    </Dialog>
  );
}

const MOVING = { doing: 'Moving the dates', done: 'Moved the dates of' };
const SETTING = { doing: 'Setting the date', done: 'Set the date of', unchanged: 'They have this date already.' };

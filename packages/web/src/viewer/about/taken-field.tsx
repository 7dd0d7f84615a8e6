import type { Image } from '@safelight/client';
import { useState } from 'react';
import { Button } from '../../ui/button.tsx';
import style from './about.module.css';
import type { FieldEdit } from './field-edit.ts';
import { FieldFrame } from './field-frame.tsx';
import { TAKEN, type TakenForm } from './fields.ts';
import { useFieldState } from './use-edits.ts';

interface TakenFieldProps {
  readonly edit: FieldEdit<TakenForm>;
  readonly image: Image;
}

/** Date and time of the picture's own clock. Nothing but its former value takes a correction back. */
export function TakenField({ edit, image }: TakenFieldProps) {
  const { own, base } = useFieldState(edit);
  const [former] = useState(base);
  const type = (changes: Partial<TakenForm>): void => edit.type({ ...own, hasDate: true, ...changes });
  const put = (form: TakenForm): void => {
    edit.type(form);
    void edit.save();
  };
  const offset = image.facts?.offset ?? null;
  const isFormer = JSON.stringify(former) === JSON.stringify(own);
  return (
    <FieldFrame edit={edit} label="Date taken">
      {({ id, describedBy }) => (
        <>
          <div className={style['pair']}>
            <input
              id={id}
              type="date"
              aria-describedby={describedBy}
              min="0001-01-01"
              max="9999-12-31"
              value={own.date}
              onChange={({ target }) => type({ date: target.value, ...(own.time === '' && { time: '00:00:00' }) })}
            />
            <input
              type="time"
              step={1}
              aria-label="Time taken"
              aria-describedby={describedBy}
              value={own.time}
              onChange={({ target }) => type({ time: target.value })}
            />
          </div>
          <p className={style['quiet']}>
            {own.hasDate
              ? offset !== null && `The picture says ${offset} from UTC. A date by hand has no offset.`
              : 'It stands under its upload. A date in the file stays there.'}
          </p>
          <div className={style['buttons']}>
            {own.hasDate && <Button onClick={() => put({ hasDate: false, date: '', time: '' })}>No date</Button>}
            {!isFormer && (
              <Button onClick={() => put(former)}>
                {former.hasDate ? `Back to ${TAKEN.textOf(former)}` : 'Back to no date'}
              </Button>
            )}
          </div>
        </>
      )}
    </FieldFrame>
  );
}

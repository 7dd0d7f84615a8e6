import { explain } from '@safelight/client';
import { type FocusEvent, type KeyboardEvent, type ReactNode, useId } from 'react';
import { Button } from '../../ui/button.tsx';
import style from './about.module.css';
import type { FieldEdit, FieldState } from './field-edit.ts';
import { useFieldState } from './use-edits.ts';

interface FieldFrameProps<Form> {
  readonly edit: FieldEdit<Form>;
  readonly label: string;
  /** Below a summary with the label, around several controls. */
  readonly isGroup?: true;
  /** Said beside the state, such as how much of a limit is used. */
  readonly hint?: string | undefined;
  /** What both values make together, for a choice after a conflict. */
  readonly both?: (state: { readonly own: Form; readonly theirs: Form }) => Form;
  /** The control has this id; the text of `describedBy` says its state. */
  readonly children: (ids: { readonly id: string; readonly describedBy: string }) => ReactNode;
}

/**
 * A field with its label and its state. It is saved when the focus leaves it; Escape takes what was typed back, and
 * then leaves it.
 */
export function FieldFrame<Form>({ edit, label, isGroup, hint, both, children }: FieldFrameProps<Form>) {
  const id = useId();
  const state = useFieldState(edit);
  const fault = edit.field.faultOf(state.own);
  const onBlur = ({ currentTarget, relatedTarget }: FocusEvent<HTMLElement>): void => {
    if (relatedTarget instanceof Node && currentTarget.contains(relatedTarget)) return;
    void edit.save();
  };
  const onKeyDown = (event: KeyboardEvent<HTMLElement>): void => {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    event.preventDefault();
    if (state.status === 'typed' || state.status === 'failed') edit.discard();
    else event.currentTarget.closest('aside')?.focus();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the control inside has the focus.
    <div
      className={style['field']}
      {...(isGroup && { role: 'group', 'aria-label': label })}
      onBlur={onBlur}
      onKeyDown={onKeyDown}
    >
      <div className={style['label']}>
        {!isGroup && <label htmlFor={id}>{label}</label>}
        <span id={`${id}state`} role="status" data-is-fault={fault !== undefined || undefined}>
          {fault ?? [hint, WORDS[state.status]].filter(Boolean).join(' · ')}
        </span>
      </div>
      {children({ id, describedBy: `${id}state` })}
      {state.status === 'failed' && (
        <div className={style['trouble']}>
          <p role="alert">{explain(state.error)}</p>
          <Button onClick={() => void edit.save()}>Try again</Button>
          <Button onClick={edit.discard}>Discard mine</Button>
        </div>
      )}
      {state.status === 'conflict' && <Conflict edit={edit} state={state} {...(both && { both })} />}
    </div>
  );
}

const WORDS: Readonly<Record<FieldState<unknown>['status'], string>> = {
  clean: '',
  typed: 'Not saved yet',
  saving: 'Saving…',
  saved: 'Saved',
  failed: 'Not saved',
  conflict: 'Not saved',
};

interface ConflictProps<Form> extends Pick<FieldFrameProps<Form>, 'edit' | 'both'> {
  readonly state: Extract<FieldState<Form>, { readonly status: 'conflict' }>;
}

/** Somebody else's value beside one's own. */
function Conflict<Form>({ edit, both, state }: ConflictProps<Form>) {
  const { textOf, name } = edit.field;
  const { own, theirs } = state;
  return (
    <div className={style['trouble']}>
      <p role="alert">Somebody else changed {name} meanwhile.</p>
      <dl className={style['versions']}>
        <div>
          <dt>Theirs</dt>
          <dd dir="auto">{textOf(theirs)}</dd>
        </div>
        <div>
          <dt>Mine</dt>
          <dd dir="auto">{textOf(own)}</dd>
        </div>
      </dl>
      <Button onClick={edit.discard}>Take theirs</Button>
      <Button onClick={() => void edit.keep(own)}>Keep mine</Button>
      {both && <Button onClick={() => void edit.keep(both({ own, theirs }))}>Keep both</Button>}
    </div>
  );
}

import { explain, explainWait, SafelightError } from '@safelight/client';
import { type FormEvent, useId, useLayoutEffect, useRef, useState } from 'react';
import { Button } from '../ui/button.tsx';
import type { GuestLink } from './guest-link.ts';
import style from './guests.module.css';

/** Asks for the password of the link. */
export function PasswordForm({ link }: { readonly link: GuestLink }) {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [problem, setProblem] = useState<string>();
  const [isSending, setIsSending] = useState(false);
  const isBusy = useRef(false);
  useLayoutEffect(() => {
    field.current?.setAttribute('autofocus', ''); // a dialog that opens around it looks for that
    field.current?.focus();
  }, []);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const password = field.current?.value ?? '';
    if (isBusy.current) return;
    if (password === '') return setProblem('Enter the password.');
    isBusy.current = true;
    setIsSending(true);
    setProblem(undefined);
    try {
      await link.unlock(password);
      return; // the form leaves
    } catch (error) {
      setProblem(problemOf(error));
      field.current?.select();
    }
    isBusy.current = false;
    setIsSending(false);
  };
  return (
    <form className={style['password']} onSubmit={(event) => void submit(event)}>
      <label htmlFor={id}>Password</label>
      <input
        id={id}
        ref={field}
        type="password"
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        enterKeyHint="go"
        aria-describedby={`${id}-problem`}
        aria-invalid={problem !== undefined}
      />
      <p id={`${id}-problem`} role="alert">
        {problem}
      </p>
      <Button isMain type="submit" aria-disabled={isSending}>
        Show pictures
      </Button>
    </form>
  );
}

function problemOf(error: unknown): string {
  if (!(error instanceof SafelightError)) return explain(error);
  switch (error.code) {
    case 'wrong-password':
    case 'invalid-request': // too short or too long for one
      return 'This is not the password. Check upper and lower case.';
    case 'rate-limited':
      return `Too many attempts. ${explainWait(error.retryAfter ?? 0)}`;
    default:
      return explain(error);
  }
}

import { SafelightError } from '@safelight/client';
import { LogIn } from 'lucide-react';
import { type FormEvent, useId, useState } from 'react';
import { Button } from '../ui/button.tsx';
import type { AppInfo, Oidc } from './app-info.ts';
import { type Caller, callerOf } from './caller.ts';
import { type Credential, pastedCredential } from './credential.ts';
import style from './sign-in.module.css';
import { wordsFor } from './words.ts';

export interface SignInProps {
  readonly info: AppInfo;
  /** Why the last attempt failed, or why somebody is asked. */
  readonly problem: string | undefined;
  onSignedIn(credential: Credential, caller: Caller): void;
}

/** At the issuer, or with a credential that is pasted. */
export function SignIn({ info, problem: given, onSignedIn }: SignInProps) {
  const [problem, setProblem] = useState(given);
  const [isBusy, setBusy] = useState(false);
  const { oidc } = info;

  const attempt = (work: () => Promise<void>): void => {
    if (isBusy) return;
    setBusy(true);
    setProblem(undefined);
    work()
      .catch((error: unknown) => setProblem(wordsFor(error)))
      .finally(() => setBusy(false));
  };

  return (
    <div className={style['sign-in']}>
      <p role="alert" className={style['problem']}>
        {problem}
      </p>
      {oidc && <AtIssuer oidc={oidc} isBusy={isBusy} onBegin={() => attempt(() => begin(info, oidc))} />}
      {oidc ? (
        <details className={style['other']}>
          <summary>Use a key instead</summary>
          <PasteForm {...{ info, isBusy, attempt, onSignedIn }} />
        </details>
      ) : (
        <PasteForm {...{ info, isBusy, attempt, onSignedIn }} isMain />
      )}
      <a className={style['docs']} href="/docs">
        API documentation
      </a>
    </div>
  );
}

async function begin(info: AppInfo, oidc: Oidc): Promise<void> {
  const { beginSignIn } = await import('./oidc/oidc.ts');
  await beginSignIn(info, oidc);
}

interface AtIssuerProps {
  readonly oidc: Oidc;
  readonly isBusy: boolean;
  readonly onBegin: () => void;
}

/** Sign-in ends at one address, and only its pages can read what they kept before. */
function AtIssuer({ oidc, isBusy, onBegin }: AtIssuerProps) {
  const { origin, host } = new URL(oidc.redirect_uri);
  if (origin !== location.origin) {
    return (
      <p>
        Sign in at <a href={`${origin}/`}>{host}</a>.
      </p>
    );
  }
  return (
    <Button icon={LogIn} isMain className={style['wide'] ?? ''} aria-disabled={isBusy} onClick={onBegin}>
      Sign in
    </Button>
  );
}

interface PasteFormProps extends Pick<SignInProps, 'info' | 'onSignedIn'> {
  readonly isBusy: boolean;
  readonly attempt: (work: () => Promise<void>) => void;
  readonly isMain?: boolean;
}

function PasteForm({ info, isBusy, attempt, onSignedIn, isMain = false }: PasteFormProps) {
  const id = useId();
  const [text, setText] = useState('');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (text.trim() === '') return;
    attempt(async () => {
      const credential = pastedCredential(text);
      if (!credential)
        throw new SafelightError('unauthenticated', 'expected a credential; got another text', { status: 401 });
      onSignedIn(credential, await callerOf(credential));
    });
  };
  return (
    <form className={style['paste']} onSubmit={submit}>
      <label htmlFor={id}>{info.auth.includes('api-key') ? 'API key or token' : 'Access token or another token'}</label>
      <input
        id={id}
        type="password"
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        aria-describedby={`${id}-about`}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <p id={`${id}-about`} className={style['quiet']}>
        It stays in the tabs of this page, and is forgotten when you sign out or close the last one.
      </p>
      <Button
        type="submit"
        isMain={isMain}
        className={style['wide'] ?? ''}
        aria-disabled={isBusy || text.trim() === ''}
      >
        {isBusy ? 'Signing in…' : isMain ? 'Sign in' : 'Sign in with this key'}
      </Button>
    </form>
  );
}

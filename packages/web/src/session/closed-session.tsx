import { SafelightError } from '@safelight/client';
import { type ReactNode, useCallback, useEffect, useRef, useState } from 'react';
import { go, toView } from '../routes.ts';
import { later } from '../ui/later.tsx';
import { withdraw } from '../ui/question.tsx';
import { hideToast } from '../ui/toast.tsx';
import type { AppInfo } from './app-info.ts';
import { arrive } from './arrive.ts';
import { type Caller, callerOf, isSame, whoOf } from './caller.ts';
import { type Credential, keep } from './credential.ts';
import { Doorway } from './doorway.tsx';
import type { SignInAgainProps } from './sign-in-again.tsx';
import { SignedIn } from './signed-in.tsx';
import { SignedOut } from './signed-out.tsx';
import { forgetAll, remember, remembered } from './tab-memory.ts';
import { tellLeft } from './tabs.ts';
import { createTokens, type Tokens } from './tokens.ts';
import { Unreachable } from './unreachable.tsx';
import { useOtherTabs } from './use-other-tabs.ts';
import { wordsFor } from './words.ts';

/** Only for those who aren't signed in yet. */
const SignIn = later(() => import('./sign-in.tsx').then(({ SignIn }) => SignIn));
const SignInAgain = later<SignInAgainProps>(() => import('./sign-in-again.tsx').then(({ SignInAgain }) => SignInAgain));

type Door =
  | { readonly state: 'checking' }
  /** The service says nothing about this credential. */
  | { readonly state: 'unreachable'; readonly credential: Credential }
  /** The issuer is told, and has perhaps a page for it. */
  | { readonly state: 'leaving' }
  | { readonly state: 'signed-out'; readonly problem: string | undefined }
  | { readonly state: 'signed-in'; readonly caller: Caller; readonly tokens: Tokens; readonly visit: number };

let visits = 0;

/** The token of another tab may have ended while nobody used it. Errors: `error`, unless there is another one. */
async function renewed(error: unknown, credential: Credential): Promise<Caller> {
  const isRefused = error instanceof SafelightError && error.status === 401;
  if (!isRefused || !(await credential.renew().catch(() => false))) throw error;
  return callerOf(credential);
}

/** The session of a service with authentication. */
export function ClosedSession({ info, children }: { readonly info: AppInfo; readonly children: ReactNode }) {
  const [door, setDoor] = useState<Door>({ state: 'checking' });
  const [again, setAgain] = useState<'asked' | 'declined'>();

  const enter = useCallback((credential: Credential, caller: Caller) => {
    keep(credential);
    const who = whoOf(caller);
    if (remembered('caller') !== who) for (const name of ['own-user', 'trash-user'] as const) remember(name, undefined);
    remember('caller', who);
    const tokens = createTokens(credential, () => setAgain('asked'));
    visits += 1;
    setDoor({ state: 'signed-in', caller, tokens, visit: visits });
    setAgain(undefined);
  }, []);

  const check = useCallback(
    async (credential: Credential): Promise<void> => {
      try {
        enter(credential, await callerOf(credential).catch((error: unknown) => renewed(error, credential)));
      } catch (error) {
        const isRefused = error instanceof SafelightError && error.status === 401;
        if (!isRefused) return setDoor({ state: 'unreachable', credential });
        forgetAll();
        setDoor({ state: 'signed-out', problem: wordsFor(error) });
      }
    },
    [enter],
  );

  const hasArrived = useRef(false);
  useEffect(() => {
    if (hasArrived.current) return; // a code is for one use
    hasArrived.current = true;
    arrive(info)
      .then((credential) => (credential ? check(credential) : setDoor({ state: 'signed-out', problem: undefined })))
      .catch((error: unknown) => setDoor({ state: 'signed-out', problem: wordsFor(error) }));
  }, [info, check]);

  useOtherTabs(door.state === 'signed-in' ? door : undefined, () => {
    if (door.state === 'signed-in') void end(door.tokens);
  });

  useEffect(() => {
    const onShow = ({ persisted }: PageTransitionEvent): void => {
      // Back from the issuer's page.
      if (persisted) setDoor((last) => (last.state === 'leaving' ? { state: 'signed-out', problem: undefined } : last));
    };
    addEventListener('pageshow', onShow);
    return () => removeEventListener('pageshow', onShow);
  }, []);

  /** Nothing that this person began goes on. */
  const leave = (): void => {
    forgetAll();
    if (door.state === 'signed-in') door.tokens.end();
    hideToast();
    withdraw();
    setAgain(undefined);
    go({ ...toView('photos'), user: undefined }, { replace: true });
  };

  /** Only the tab that has signed in at an issuer knows the page that signs out there. */
  const end = async (tokens: Tokens): Promise<void> => {
    leave();
    setDoor({ state: 'leaving' });
    const page = await tokens.credential().end();
    if (page === undefined) setDoor({ state: 'signed-out', problem: undefined });
    else location.assign(page);
  };

  if (door.state === 'checking') return null;
  if (door.state === 'unreachable') return <Unreachable onRetry={() => void check(door.credential)} />;
  if (door.state === 'leaving') {
    return (
      <Doorway>
        <p role="status">Signing out…</p>
      </Doorway>
    );
  }
  if (door.state === 'signed-out') {
    return (
      <Doorway>
        <SignIn info={info} problem={door.problem} onSignedIn={enter} />
      </Doorway>
    );
  }

  const { caller, tokens, visit } = door;
  const signOut = (): Promise<void> => {
    tellLeft(whoOf(caller));
    return end(tokens);
  };
  return (
    <>
      <SignedIn key={visit} info={info} caller={caller} tokens={tokens} signOut={signOut}>
        {children}
      </SignedIn>
      {again === 'declined' && <SignedOut onSignIn={() => setAgain('asked')} />}
      {again === 'asked' && (
        <SignInAgain
          info={info}
          onDecline={() => {
            setAgain('declined');
            tokens.giveUp();
          }}
          onSignedIn={(credential, next) => {
            if (!isSame(caller, next)) {
              leave();
              enter(credential, next);
              return;
            }
            keep(credential);
            setAgain(undefined);
            tokens.replace(credential);
          }}
        />
      )}
    </>
  );
}

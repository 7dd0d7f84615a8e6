import { type ReactNode, useCallback, useEffect, useRef, useState } from 'react';
import { go } from '../address.ts';
import { Dialog } from '../ui/dialog.tsx';
import type { AppInfo } from './app-info.ts';
import { arrive } from './arrive.ts';
import { type Caller, callerOf, isSame } from './caller.ts';
import { type Credential, keepPasted } from './credential.ts';
import { Doorway } from './doorway.tsx';
import { SignIn } from './sign-in.tsx';
import { SignedIn } from './signed-in.tsx';
import { forgetAll } from './tab-memory.ts';
import { createTokens, type Tokens } from './tokens.ts';
import { wordsFor } from './words.ts';

type Door =
  | { readonly state: 'checking' }
  | { readonly state: 'signed-out'; readonly problem: string | undefined }
  | { readonly state: 'signed-in'; readonly caller: Caller; readonly tokens: Tokens; readonly visit: number };

let visits = 0;

/** Of a service with authentication. */
export function ClosedSession({ info, children }: { readonly info: AppInfo; readonly children: ReactNode }) {
  const [door, setDoor] = useState<Door>({ state: 'checking' });
  const [isAsking, setAsking] = useState(false);

  const enter = useCallback((credential: Credential, caller: Caller) => {
    keepPasted(credential);
    const tokens = createTokens(credential, () => setAsking(true));
    visits += 1;
    setDoor({ state: 'signed-in', caller, tokens, visit: visits });
    setAsking(false);
  }, []);

  const hasArrived = useRef(false);
  useEffect(() => {
    if (hasArrived.current) return; // a code is for one use
    hasArrived.current = true;
    arrive(info)
      .then((credential) =>
        credential
          ? callerOf(credential).then((caller) => enter(credential, caller))
          : setDoor({ state: 'signed-out', problem: undefined }),
      )
      .catch((error: unknown) => setDoor({ state: 'signed-out', problem: wordsFor(error) }));
  }, [info, enter]);

  if (door.state === 'checking') return null;
  if (door.state === 'signed-out') {
    return (
      <Doorway>
        <SignIn info={info} problem={door.problem} onSignedIn={enter} />
      </Doorway>
    );
  }

  const { caller, tokens, visit } = door;
  const signOut = async (): Promise<void> => {
    forgetAll();
    tokens.giveUp();
    setAsking(false);
    setDoor({ state: 'signed-out', problem: undefined });
    go({ view: 'photos', image: undefined }, { replace: true });
    const page = await tokens.credential().end();
    if (page !== undefined) location.assign(page);
  };
  return (
    <>
      <SignedIn key={visit} info={info} caller={caller} tokens={tokens} signOut={signOut}>
        {children}
      </SignedIn>
      {isAsking && (
        <Dialog
          title="Sign in again"
          onClose={() => {
            setAsking(false);
            tokens.giveUp();
          }}
        >
          <SignIn
            info={info}
            problem="Your sign-in has ended. What you were doing continues afterwards."
            onSignedIn={(credential, next) => {
              if (!isSame(caller, next)) {
                tokens.giveUp();
                forgetAll();
                enter(credential, next);
                return;
              }
              keepPasted(credential);
              tokens.replace(credential);
              setAsking(false);
            }}
          />
        </Dialog>
      )}
    </>
  );
}

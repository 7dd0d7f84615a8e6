import { createClient } from '@safelight/client';
import { type ReactNode, useMemo } from 'react';
import type { AppInfo } from './app-info.ts';
import { type Caller, mayChange, maySee, mayUpload } from './caller.ts';
import { type Session, SessionProvider } from './session.tsx';
import type { Tokens } from './tokens.ts';
import { useChosenUsers } from './use-chosen-users.ts';

export interface SignedInProps {
  readonly info: AppInfo;
  readonly caller: Caller;
  readonly tokens: Tokens;
  readonly signOut: () => Promise<void>;
  readonly children: ReactNode;
}

/** Somebody whom the service knows. Users see their own pictures; who acts for several chooses one. */
export function SignedIn({ info, caller, tokens, signOut, children }: SignedInProps) {
  const users = caller.users ?? undefined;
  const { user, ownUser, chooseUser, chooseOwnUser } = useChosenUsers(users, { ownUser: 'me' });
  const clients = useMemo(() => {
    const { presets } = info;
    // A used-up upload token is refused without an end of the sign-in: nobody is asked for another.
    const source = () => (caller.kind === 'upload-token' ? tokens.credential().token() : tokens.source());
    return {
      client: createClient({ token: source(), userId: user, presets }),
      uploadClient: createClient({ token: source(), userId: ownUser, presets, retries: 0 }),
    };
  }, [info, caller, tokens, user, ownUser]);
  const session: Session = {
    info,
    ...clients,
    user,
    ownUser,
    canChooseUser: users === undefined || users.length > 1,
    users,
    canListUsers: info.usage && caller.kind === 'admin',
    chooseUser,
    chooseOwnUser,
    mayUpload: mayUpload(caller),
    mayRead: maySee(caller),
    mayChange: mayChange(caller),
    signOut,
  };
  return <SessionProvider value={session}>{children}</SessionProvider>;
}

import { createClient } from '@safelight/client';
import { type ReactNode, useMemo } from 'react';
import type { AppInfo } from './app-info.ts';
import { type Session, SessionProvider } from './session.tsx';
import { useChosenUsers } from './use-chosen-users.ts';

/** Of a service without authentication: everybody is whom they say they are. */
export function OpenSession({ info, children }: { readonly info: AppInfo; readonly children: ReactNode }) {
  const { user, ownUser, chooseUser, chooseOwnUser } = useChosenUsers(undefined, { ownUser: 'me' });
  const clients = useMemo(() => {
    const { presets } = info;
    return {
      client: createClient({ userId: user, presets }),
      uploadClient: createClient({ userId: ownUser, presets, retries: 0 }),
    };
  }, [info, user, ownUser]);
  const session: Session = {
    info,
    ...clients,
    user,
    ownUser,
    canChooseUser: true,
    users: undefined,
    canListUsers: info.usage,
    chooseUser,
    chooseOwnUser,
    mayUpload: true,
    mayRead: true,
    mayChange: true,
  };
  return <SessionProvider value={session}>{children}</SessionProvider>;
}

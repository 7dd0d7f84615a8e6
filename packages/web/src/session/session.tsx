import type { SafelightClient } from '@safelight/client';
import { createContext, useContext } from 'react';
import type { AppInfo } from './app-info.ts';

/** Who looks at whose pictures. */
export interface Session {
  readonly info: AppInfo;
  /** Reads and changes the pictures that are shown. Acts for `user`. */
  readonly client: SafelightClient;
  /** Adds pictures: always for `ownUser`. Without retries of its own, since the queue has them. */
  readonly uploadClient: SafelightClient;
  /** Whose pictures are shown; undefined: everybody's (in open mode, or to an administrator). */
  readonly user: string | undefined;
  /** Who uploads. */
  readonly ownUser: string;
  /** Whether another user can be chosen: in open mode, and by administrators. */
  readonly canChooseUser: boolean;
  /** undefined: everybody's. */
  chooseUser(user: string | undefined): void;
  /** Absent where nobody signed in. */
  readonly signOut?: () => void;
}

const SessionContext = createContext<Session | undefined>(undefined);
export const SessionProvider = SessionContext.Provider;

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('expected useSession within <SessionProvider>; got none');
  return session;
}

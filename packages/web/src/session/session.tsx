import type { SafelightClient } from '@safelight/client';
import { createContext, useContext } from 'react';
import type { Order } from '../library/position.ts';
import type { AppInfo } from './app-info.ts';
import type { Caller } from './caller.ts';
import type { Waits } from './waits.ts';

/** What a sign-out would end. */
export interface Unfinished {
  /** How many. */
  unfinished(): number;
  /** What isn't finished, in a sentence; absent: uploads. */
  readonly words?: string;
  forget(): Promise<void>;
  /** The person has left, perhaps in another tab: whoever is next sees nothing of it. Absent: nothing would be seen. */
  hide?(): void;
}

/** Who looks at whose pictures. */
export interface Session {
  readonly info: AppInfo;
  /**
   * Reads and changes the pictures that are shown. Acts for `user`. After a 401 its requests wait until somebody has
   * signed in again.
   */
  readonly client: SafelightClient;
  /**
   * Changes pictures of this owner: a service's key names the user on every change, also where everybody's are shown.
   */
  readonly clientOf: (owner: string) => SafelightClient;
  /** Waits of the requests of `client`. */
  readonly waits: Waits;
  /**
   * Follows what becomes of the pictures that are shown. After a 401 its requests fail, and nobody is asked to sign in.
   */
  readonly eventClient: Pick<SafelightClient, 'events'>;
  /** Adds pictures: always for `ownUser`. Without retries of its own, since the queue has them. */
  readonly uploadClient: SafelightClient;
  /** Whose pictures are shown; undefined: everybody's (in open mode, or to an administrator). */
  readonly user: string | undefined;
  /** How they are ordered. */
  readonly order: Order;
  /** Who uploads. */
  readonly ownUser: string;
  /** Whether another user can be chosen: in open mode, by administrators, and by keys of several users. */
  readonly canChooseUser: boolean;
  /** The users that can be chosen; undefined: any. */
  readonly users: readonly string[] | undefined;
  /** Any user can be chosen whose id begins with one of `users`. */
  readonly areBeginnings: boolean;
  /** Whether `GET /users` answers. */
  readonly canListUsers: boolean;
  /** undefined: everybody's. */
  chooseUser(user: string | undefined): void;
  chooseOwnUser(user: string): void;
  /** Whether pictures can be added. */
  readonly mayUpload: boolean;
  /** Whether pictures can be shown; otherwise only uploaded. */
  readonly mayRead: boolean;
  /** Whether the page hears what becomes of the pictures. */
  readonly mayFollow: boolean;
  readonly mayOpenOriginals: boolean;
  /** Whether the service tells where a picture was taken. */
  readonly mayReadFacts: boolean;
  /** Whether albums are listed. */
  readonly mayReadAlbums: boolean;
  /** Whether lists have words and a visibility, and tags are suggested. */
  readonly maySearch: boolean;
  /** Whether addresses of any size can be signed, and links are told. */
  readonly maySign: boolean;
  /** Whether the decisions of gates are told. */
  readonly mayModerate: boolean;
  /** Whether a preset can be saved as a file. */
  readonly maySaveSizes: boolean;
  /** Whether pictures can be tagged, trashed and shared. */
  readonly mayChange: boolean;
  /** What this browser keeps of one kind of caller isn't shown to another, though both act for the same user. */
  readonly callerKind: Caller['kind'] | 'open';
  /** Absent where nobody signed in. */
  readonly signOut?: () => Promise<void>;
  /** A sign-out asks about this work, until the function that is returned is called. */
  beforeSignOut(work: Unfinished): () => void;
}

const SessionContext = createContext<Session | undefined>(undefined);
export const SessionProvider = SessionContext.Provider;

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('expected useSession within <SessionProvider>; got none');
  return session;
}

import { useState } from 'react';
import { type Remembered, remember, remembered } from './tab-memory.ts';

export interface ChosenUsers {
  readonly user: string | undefined;
  readonly ownUser: string;
  chooseUser(user: string | undefined): void;
  chooseOwnUser(user: string): void;
}

/** Whose pictures are shown and added; this tab remembers it. `users`: the only ones that can be chosen. */
export function useChosenUsers(
  users: readonly string[] | undefined,
  byDefault: { readonly ownUser: string },
): ChosenUsers {
  const allowed = (name: Remembered): string | undefined => {
    const user = remembered(name);
    return user !== undefined && (users === undefined || users.includes(user)) ? user : undefined;
  };
  const [user, setUser] = useState(() => allowed('shown-user') ?? users?.[0]);
  const [ownUser, setOwnUser] = useState(() => allowed('own-user') ?? users?.[0] ?? byDefault.ownUser);
  return {
    user,
    ownUser,
    chooseUser(chosen) {
      remember('shown-user', chosen);
      setUser(chosen);
    },
    chooseOwnUser(chosen) {
      remember('own-user', chosen);
      setOwnUser(chosen);
    },
  };
}

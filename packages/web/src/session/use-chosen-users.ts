import { useState } from 'react';
import { go, ofUser, useRoute } from '../routes.ts';
import { remember, remembered } from './tab-memory.ts';

export interface ChosenUsers {
  readonly user: string | undefined;
  readonly ownUser: string;
  chooseUser(user: string | undefined): void;
  chooseOwnUser(user: string): void;
}

/**
 * Whose pictures are shown, as the address says, and added, as this tab remembers. `users`: the only choices, or the
 * beginnings of them.
 */
export function useChosenUsers(
  users: readonly string[] | undefined,
  { ownUser: byDefault, areBeginnings = false }: { readonly ownUser: string; readonly areBeginnings?: boolean },
): ChosenUsers {
  const allowed = (user: string | undefined): string | undefined =>
    user !== undefined && (users?.some((one) => (areBeginnings ? user.startsWith(one) : user === one)) ?? true)
      ? user
      : users?.[0];
  const user = allowed(useRoute().user);
  const [ownUser, setOwnUser] = useState(() => allowed(remembered('own-user')) ?? byDefault);
  return {
    user,
    ownUser,
    chooseUser: (chosen) => go(ofUser(chosen)),
    chooseOwnUser(chosen) {
      remember('own-user', chosen);
      setOwnUser(chosen);
    },
  };
}

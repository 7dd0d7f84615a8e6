import { useState } from 'react';
import { useSession } from './session.tsx';
import { remember, remembered } from './tab-memory.ts';

export interface OneOwner {
  readonly owner: string;
  /** Where everybody's pictures are shown: a trash, or an album, has one user. */
  readonly choose?: (owner: string) => void;
}

/**
 * Whose trash or albums are shown: those of the user whose pictures are, or else of the one whom this tab remembers,
 * until another is chosen.
 */
export function useOneOwner(name: 'trash-user' | 'albums-user'): OneOwner {
  const { user, ownUser, canChooseUser } = useSession();
  const [chosen, setChosen] = useState(() => remembered(name));
  if (user !== undefined || !canChooseUser) return { owner: user ?? ownUser };
  return {
    owner: chosen ?? ownUser,
    choose(owner) {
      remember(name, owner);
      setChosen(owner);
    },
  };
}

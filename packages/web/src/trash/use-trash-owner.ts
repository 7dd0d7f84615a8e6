import { useState } from 'react';
import { useSession } from '../session/session.tsx';
import { remember, remembered } from '../session/tab-memory.ts';

export interface TrashOwner {
  readonly owner: string;
  /** Where everybody's pictures are shown: a trash has one user. */
  readonly choose?: (owner: string) => void;
}

/**
 * Whose trash is shown: that of the user whose pictures are, or else of the one whose picture was trashed last, until
 * another is chosen.
 */
export function useTrashOwner(): TrashOwner {
  const { user, ownUser, canChooseUser } = useSession();
  const [chosen, setChosen] = useState(() => remembered('trash-user'));
  if (user !== undefined || !canChooseUser) return { owner: user ?? ownUser };
  return {
    owner: chosen ?? ownUser,
    choose(owner) {
      remember('trash-user', owner);
      setChosen(owner);
    },
  };
}

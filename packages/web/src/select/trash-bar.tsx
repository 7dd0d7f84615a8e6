import { RotateCcw, Trash2 } from 'lucide-react';
import type { Library } from '../library/library.ts';
import { useSession } from '../session/session.tsx';
import { ask } from '../ui/question.tsx';
import type { Selecting } from './create-selecting.ts';
import { runWork, type Workplace } from './run-work.tsx';
import { SelectionBar } from './selection-bar.tsx';
import { deletion, restoring } from './works.ts';

export interface TrashBarProps {
  readonly selecting: Selecting;
  /** Where restored pictures belong. */
  readonly photos: Library;
}

/** What can be done to selected pictures in the trash. */
export function TrashBar({ selecting, photos }: TrashBarProps) {
  const { clientOf } = useSession();
  const place: Workplace = { library: selecting.library, selecting, clientOf, kept: new Map(), photos };
  const deleteForever = async (): Promise<void> => {
    const work = deletion(selecting.members());
    if (await ask(work.question)) runWork(work, place);
  };
  return (
    <SelectionBar
      selecting={selecting}
      actions={[
        {
          icon: RotateCcw,
          label: 'Restore',
          key: 'r',
          run: () => runWork(restoring(selecting.members()), place),
        },
        { icon: Trash2, label: 'Delete forever', key: 'Delete', run: () => void deleteForever() },
      ]}
    />
  );
}

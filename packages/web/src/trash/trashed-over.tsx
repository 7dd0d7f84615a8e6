import { RotateCcw, Trash2 } from 'lucide-react';
import type { OverProps } from '../timeline/tile.tsx';
import { IconButton } from '../ui/button.tsx';
import { daysLeft } from './days-left.ts';
import { useTrashActions } from './trash-actions.ts';
import style from './trash-view.module.css';

/** How long it stays, and what can be done to it. */
export function TrashedOver({ picture, isTabStop }: OverProps) {
  const { restore, deleteForever } = useTrashActions();
  const { filename } = picture;
  const tabIndex = isTabStop ? 0 : -1;
  return (
    <>
      <small className={style['days']}>{daysLeft(picture.purge_at, Date.now())}</small>
      <div className={style['actions']}>
        <IconButton
          icon={RotateCcw}
          label={`Restore ${filename}`}
          title="Restore"
          tabIndex={tabIndex}
          data-part="restore"
          onClick={() => void restore(picture)}
        />
        <IconButton
          icon={Trash2}
          label={`Delete ${filename} forever`}
          title="Delete forever"
          tabIndex={tabIndex}
          data-part="delete"
          onClick={() => void deleteForever(picture)}
        />
      </div>
    </>
  );
}

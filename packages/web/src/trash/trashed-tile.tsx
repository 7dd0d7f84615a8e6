import { placeholderUrl } from '@safelight/client';
import { RotateCcw, Trash2 } from 'lucide-react';
import { useMemo } from 'react';
import { Button, IconButton } from '../ui/button.tsx';
import { daysLeft } from './days-left.ts';
import style from './trash-view.module.css';
import type { TrashedPicture } from './use-trashed.ts';

export interface TrashedTileProps {
  readonly picture: TrashedPicture;
  readonly onRestore: () => void;
  readonly onDelete: () => void;
}

/** The service reads no pixels of a trashed picture, so its ThumbHash stands for it. */
export function TrashedTile({ picture, onRestore, onDelete }: TrashedTileProps) {
  const { filename, purge_at, dominant_color } = picture;
  const placeholder = useMemo(() => placeholderUrl(picture), [picture]);
  const background = `${dominant_color ?? ''} ${placeholder ? `url(${placeholder}) center / cover` : ''}`.trim();
  return (
    <li className={style['tile']}>
      <div className={style['picture']} style={{ background }} />
      <p className={style['name']} title={filename}>
        <bdi>{filename}</bdi>
      </p>
      <small>{daysLeft(purge_at, Date.now())}</small>
      <div className={style['actions']}>
        <Button
          className={style['restore'] ?? ''}
          icon={RotateCcw}
          data-restores
          aria-label={`Restore ${filename}`}
          onClick={onRestore}
        >
          Restore
        </Button>
        <IconButton icon={Trash2} label={`Delete ${filename} forever`} title="Delete forever" onClick={onDelete} />
      </div>
    </li>
  );
}

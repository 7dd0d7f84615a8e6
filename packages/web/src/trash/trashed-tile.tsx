import { placeholderUrl } from '@safelight/client';
import { RotateCcw, Trash2 } from 'lucide-react';
import { useMemo } from 'react';
import { go, hrefOf, withImage } from '../routes.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { daysLeft } from './days-left.ts';
import style from './trash-view.module.css';
import type { TrashedPicture } from './use-trashed.ts';
import { useTrashedUrl } from './use-trashed-url.ts';

export interface TrashedTileProps {
  readonly picture: TrashedPicture;
  readonly onRestore: () => void;
  readonly onDelete: () => void;
}

export function TrashedTile({ picture, onRestore, onDelete }: TrashedTileProps) {
  const { image_id: id, filename, purge_at, dominant_color, description } = picture;
  const url = useTrashedUrl(picture);
  const placeholder = useMemo(() => placeholderUrl(picture), [picture]);
  const background = `${dominant_color ?? ''} ${placeholder ? `url(${placeholder}) center / cover` : ''}`.trim();
  return (
    <li className={style['tile']}>
      <a
        className={style['picture']}
        href={hrefOf({ view: 'trash', image: id })}
        data-image={id}
        aria-label={description ?? filename}
        draggable={false}
        style={{ background }}
        onClick={(event) => {
          if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
          event.preventDefault();
          go(withImage(id));
        }}
      >
        {url !== undefined && <img src={url} alt="" draggable={false} />}
      </a>
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

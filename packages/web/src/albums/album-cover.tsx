import type { Album } from '@safelight/client';
import { useEffect, useRef } from 'react';
import { hrefOf, toAlbum } from '../routes.ts';
import { picturesText } from '../select/words.ts';
import { Rendition } from '../timeline/rendition.tsx';
import { groundOf } from '../timeline/tile.tsx';
import { openView } from '../views.tsx';
import style from './album-covers.module.css';
import { hasUnseen } from './contributions/seen-albums.ts';

interface AlbumCoverProps {
  readonly album: Album;
  /** Whether it was open before: it gets the focus. */
  readonly isBefore: boolean;
}

/** CSS pixels that a cover has at most. */
const SIZE = 320;

/** Title and number of pictures below the cover, as a link to the album. Without a cover it is a plain ground. */
export function AlbumCover({ album, isBefore }: AlbumCoverProps) {
  const { album_id: id, title, images, cover } = album;
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    if (isBefore) link.current?.focus();
  }, [isBefore]);
  const to = toAlbum(id);
  return (
    <li>
      <a
        ref={link}
        className={style['album']}
        href={hrefOf(to)}
        data-album={id}
        onClick={(event) => openView(to, event)}
      >
        <span className={style['cover']} style={cover && groundOf(cover)}>
          {cover && <Rendition key={cover.image_id} picture={cover} width={SIZE} height={SIZE} />}
          {hasUnseen(album) && (
            <span className={style['new']}>
              New<span className="visually-hidden"> pictures from guests, in </span>
            </span>
          )}
        </span>
        <span className={style['title']}>
          <bdi>{title}</bdi>
        </span>
        <small>{picturesText(images)}</small>
      </a>
    </li>
  );
}

import { placeholderUrl } from '@safelight/client';
import { type CSSProperties, memo, useMemo } from 'react';
import type { Picture } from '../library/library.ts';
import { go, hrefOf, withImage } from '../routes.ts';
import { Rendition } from './rendition.tsx';
import style from './tile.module.css';

interface TileProps {
  readonly picture: Picture;
  readonly top: number;
  readonly left: number;
  readonly width: number;
  readonly height: number;
  /** The one that Tab reaches. */
  readonly isTabStop: boolean;
}

/** A picture of the grid, as a link to its address. */
export const PictureTile = memo(function PictureTile({ picture, top, left, width, height, isTabStop }: TileProps) {
  const id = picture.image_id;
  const placeholder = useMemo(() => background(picture), [picture]);
  return (
    <a
      className={style['tile']}
      href={hrefOf({ view: 'photos', image: id })}
      data-image={id}
      aria-label={picture.description ?? picture.filename}
      tabIndex={isTabStop ? 0 : -1}
      draggable={false}
      style={{ ...placeholder, top, left, width, height }}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        go(withImage(id));
      }}
    >
      <Rendition picture={picture} width={width} height={height} />
    </a>
  );
});

function background(picture: Picture): CSSProperties {
  const url = placeholderUrl(picture);
  return {
    ...(picture.dominant_color !== null && { '--dominant': picture.dominant_color }),
    ...(url !== undefined && { backgroundImage: `url(${url})` }),
  } as CSSProperties;
}

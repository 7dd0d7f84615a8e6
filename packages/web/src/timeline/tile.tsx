import { placeholderUrl } from '@safelight/client';
import { type CSSProperties, memo, type SyntheticEvent, useMemo, useRef, useState } from 'react';
import { go, hrefOf } from '../address.ts';
import type { Picture } from '../library/library.ts';
import { useSession } from '../session/session.tsx';
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
        go({ image: id });
      }}
    >
      <Rendition picture={picture} width={width} />
    </a>
  );
});

/** The browser chooses as if the tile were narrower: the next preset has sixteen times the pixels, and few of them would be seen. */
const MOST_ENLARGED = 1.5;

/** Fades in over the placeholder. If its signed URL has ended, the image is read again, once. */
function Rendition({ picture, width }: { readonly picture: Picture; readonly width: number }) {
  const { client } = useSession();
  const [newer, setNewer] = useState<Picture['renditions']>();
  const mayReadAgain = useRef(true);
  const renditions = newer ?? picture.renditions;
  if (!renditions || Object.keys(renditions).length === 0) return null;
  const { src, srcSet } = client.urls.srcset({ ...picture, renditions });
  const readAgain = async (): Promise<void> => {
    if (!mayReadAgain.current) return;
    mayReadAgain.current = false;
    const image = await client.images.get(picture.image_id).catch(() => undefined);
    if (image?.renditions) setNewer(image.renditions);
  };
  return (
    <img
      ref={shownAtOnce}
      className={style['rendition']}
      src={src}
      srcSet={srcSet || undefined}
      sizes={`${Math.round(width / MOST_ENLARGED)}px`}
      alt=""
      decoding="async"
      draggable={false}
      onLoad={shown}
      onError={readAgain}
    />
  );
}

/** By the attribute, since rendering for each of a hundred pictures that load would delay scrolling. */
const shown = ({ currentTarget }: SyntheticEvent<HTMLImageElement>): void => {
  currentTarget.dataset['loaded'] = 'faded';
};

/** The browser's memory has it already: a fade would be a flicker. */
const shownAtOnce = (element: HTMLImageElement | null): void => {
  if (element?.complete && element.naturalWidth > 0) element.dataset['loaded'] = 'at-once';
};

function background(picture: Picture): CSSProperties {
  const url = placeholderUrl(picture);
  return {
    ...(picture.dominant_color !== null && { backgroundColor: picture.dominant_color }),
    ...(url !== undefined && { backgroundImage: `url(${url})` }),
  };
}

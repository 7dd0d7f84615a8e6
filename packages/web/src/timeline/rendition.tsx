import { SafelightError } from '@safelight/client';
import { type SyntheticEvent, useEffect, useState } from 'react';
import type { Picture } from '../library/library.ts';
import { useLibrary } from '../library/library-context.tsx';
import { useSession } from '../session/session.tsx';
import style from './tile.module.css';

/** The browser chooses as if the tile were narrower: the next preset has four times the pixels, and few of them would be seen. */
const MOST_ENLARGED = 1.5;
/** Between two attempts, on average: twice as long after each. */
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 60_000;

interface RenditionProps {
  readonly picture: Picture;
  /** CSS pixels of the tile. */
  readonly width: number;
  readonly height: number;
}

/** Fades in over the placeholder. If it fails, the image is read again, since its signed URL may have ended, and tried until it is there. */
export function Rendition({ picture, width, height }: RenditionProps) {
  const { client } = useSession();
  const library = useLibrary();
  const [attempt, setAttempt] = useState(0);
  const [hasFailed, setFailed] = useState(false);
  useEffect(() => {
    if (!hasFailed) return;
    const tryAgain = (): void => {
      setFailed(false);
      setAttempt((last) => last + 1);
    };
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS);
    const timer = setTimeout(tryAgain, pause * (0.5 + Math.random())); // not all tiles at once
    addEventListener('online', tryAgain);
    return () => {
      clearTimeout(timer);
      removeEventListener('online', tryAgain);
    };
  }, [hasFailed, attempt]);
  const id = picture.image_id;
  const readAgain = async (): Promise<void> => {
    setFailed(true);
    try {
      library.put(await client.images.get(id));
    } catch (error) {
      if (error instanceof SafelightError && error.code === 'image-not-found') library.remove(id);
    }
  };
  if (!picture.renditions || Object.keys(picture.renditions).length === 0) return null;
  const { src, srcSet } = client.urls.srcset({ ...picture, renditions: picture.renditions });
  return (
    <img
      key={attempt} // another element, since the same URL is to be asked for again
      ref={shownAtOnce}
      className={style['rendition']}
      src={src}
      srcSet={srcSet || undefined}
      sizes={`${Math.round(uncroppedWidth(picture, { width, height }) / MOST_ENLARGED)}px`}
      alt=""
      decoding="async"
      draggable={false}
      onLoad={(event) => {
        shown(event);
        if (hasFailed) setFailed(false);
      }}
      onError={() => void readAgain()}
    />
  );
}

/** A panorama fills a tile that is less wide than it by its height, and loses its sides. CSS pixels. */
const uncroppedWidth = (
  { width, height }: Picture,
  tile: { readonly width: number; readonly height: number },
): number => (width && height ? Math.max(tile.width, (tile.height * width) / height) : tile.width);

/** By the attribute, since rendering for each of a hundred pictures that load would delay scrolling. */
const shown = ({ currentTarget }: SyntheticEvent<HTMLImageElement>): void => {
  currentTarget.dataset['loaded'] = 'faded';
};

/** The browser's memory has it already: a fade would be a flicker. */
const shownAtOnce = (element: HTMLImageElement | null): void => {
  if (element?.complete && element.naturalWidth > 0) element.dataset['loaded'] = 'at-once';
};

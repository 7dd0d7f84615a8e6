import type { ImgAttributes, SafelightClient } from '@safelight/client';
import { type SyntheticEvent, useEffect, useMemo, useState } from 'react';
import type { Picture } from '../library/library.ts';
import { useTileLine } from '../library/library-context.tsx';
import { useSession } from '../session/session.tsx';
import style from './tile.module.css';

/** The browser chooses as if the tile were narrower: the next preset has four times the pixels, and few of them would be seen. */
const MOST_ENLARGED = 1.5;
/** Before a tile that fails again joins the line again, on average: twice as long after each attempt. */
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 60_000;

interface RenditionProps {
  readonly picture: Picture;
  /** CSS pixels of the tile. */
  readonly width: number;
  readonly height: number;
}

/** Fades in over the placeholder. If it fails, it waits in the line until it may be asked for again, until it is there. */
export function Rendition({ picture, width, height }: RenditionProps) {
  const { client } = useSession();
  const line = useTileLine();
  const id = picture.image_id;
  const attributes = useMemo(() => attributesOf(client, picture), [client, picture]);
  const needed = uncroppedWidth(picture, { width, height }) / MOST_ENLARGED;
  const url = attributes && candidateIn(attributes, needed * devicePixelRatio);
  const [attempt, setAttempt] = useState(0);
  const [isWaiting, setWaiting] = useState(line.isRefused);
  /** Of the rendition that the line has got. */
  const [own, setOwn] = useState<string>();
  useEffect(() => () => URL.revokeObjectURL(own ?? ''), [own]);
  useEffect(() => {
    if (!isWaiting || url === undefined) return;
    const load = (rendition?: Blob): void => {
      setOwn(rendition && URL.createObjectURL(rendition));
      setWaiting(false);
      setAttempt((last) => last + 1);
    };
    let leave: (() => void) | undefined;
    const join = (): void => {
      leave ??= line.join({ id, url, load });
    };
    const pause = attempt === 0 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS);
    const timer = setTimeout(join, pause * (0.5 + Math.random()));
    addEventListener('online', join);
    return () => {
      clearTimeout(timer);
      removeEventListener('online', join);
      leave?.();
    };
  }, [isWaiting, attempt, line, id, url]);
  if (!attributes || isWaiting) return null;
  return (
    <img
      ref={shownAtOnce}
      className={style['rendition']}
      {...(own === undefined ? attributes : { src: own })}
      sizes={`${Math.round(needed)}px`}
      alt=""
      decoding="async"
      draggable={false}
      onLoad={shown}
      onError={() => setWaiting(true)}
    />
  );
}

/** A panorama fills a tile that is less wide than it by its height, and loses its sides. CSS pixels. */
const uncroppedWidth = (
  { width, height }: Picture,
  tile: { readonly width: number; readonly height: number },
): number => (width && height ? Math.max(tile.width, (tile.height * width) / height) : tile.width);

type Attributes = Pick<ImgAttributes, 'src'> & Partial<Pick<ImgAttributes, 'srcSet'>>;

/** undefined: the service makes no pictures of it. */
function attributesOf({ urls }: SafelightClient, { renditions, ...picture }: Picture): Attributes | undefined {
  if (!renditions || Object.keys(renditions).length === 0) return undefined;
  const { src, srcSet } = urls.srcset({ ...picture, renditions });
  return { src, ...(srcSet && { srcSet }) };
}

/** The URL that a browser chooses: the smallest of at least so many pixels, or else the largest. */
const candidateIn = ({ src, srcSet = '' }: Attributes, pixels: number): string =>
  srcSet
    .split(', ')
    .map((one) => one.split(' '))
    .find(([, size = '']) => Number.parseInt(size, 10) >= pixels)?.[0] ?? src;

/** By the attribute, since rendering for each of a hundred pictures that load would delay scrolling. */
const shown = ({ currentTarget }: SyntheticEvent<HTMLImageElement>): void => {
  currentTarget.dataset['loaded'] = 'faded';
};

/** The browser's memory has it already: a fade would be a flicker. */
const shownAtOnce = (element: HTMLImageElement | null): void => {
  if (element?.complete && element.naturalWidth > 0) element.dataset['loaded'] = 'at-once';
};

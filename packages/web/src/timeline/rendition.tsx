import type { ImgAttributes, SafelightClient } from '@safelight/client';
import { type CSSProperties, type SyntheticEvent, useMemo } from 'react';
import type { Picture } from '../library/library.ts';
import { mayBeTransparent } from '../library/may-be-transparent.ts';
import type { TileAnswer } from '../library/tile-line.ts';
import { useSession } from '../session/session.tsx';
import style from './tile.module.css';
import { useWaiting } from './use-waiting.ts';

/**
 * In pixels of the screen. The browser chooses as if the tile were narrower: the next preset has four times the pixels,
 * and few of them would be seen.
 */
const mostEnlarged = (): number => (devicePixelRatio > 1 ? 1.5 : 1.25);
/** What every browser that runs this page can show: the service has these renditions for its `<img>`. */
const ACCEPT = 'image/avif,image/webp,*/*;q=0.8';

export interface RenditionProps {
  readonly picture: Picture;
  /** CSS pixels of the tile. */
  readonly width: number;
  readonly height: number;
}

/** What a signed URL shows. An `<img>` doesn't tell why it failed: `fetch` does. */
export function Rendition({ picture, width, height }: RenditionProps) {
  const { client } = useSession();
  const attributes = useMemo(() => attributesOf(client, picture), [client, picture]);
  const needed = neededPixels(picture, { width, height });
  const url = attributes && candidateIn(attributes, needed);
  const ask = useMemo(() => url && ((signal: AbortSignal) => answerOf(url, signal)), [url]);
  const waiting = useWaiting(picture.image_id, ask || undefined);
  if (!attributes || waiting.isWaiting) return null;
  return (
    <TileImage
      tile={{ picture, width, height }}
      {...(waiting.url === undefined ? attributes : { src: waiting.url })}
      sizes={`${Math.round(needed / devicePixelRatio)}px`}
      onError={waiting.fail}
    />
  );
}

interface TileImageProps extends React.ImgHTMLAttributes<HTMLImageElement> {
  readonly tile: RenditionProps;
}

/** Fades in over the placeholder. */
export function TileImage({ tile, ...attributes }: TileImageProps) {
  return (
    <img
      ref={shownAtOnce}
      className={style['rendition']}
      alt=""
      decoding="async"
      draggable={false}
      data-ground={mayBeTransparent(tile.picture) ? '' : undefined}
      style={ownSize(tile)}
      onLoad={shown}
      {...attributes}
    />
  );
}

/** A picture with fewer pixels than its tile isn't enlarged. undefined: it fills the tile. */
function ownSize({ picture: { width, height }, ...tile }: RenditionProps): CSSProperties | undefined {
  if (!width || !height) return undefined;
  const most = mostEnlarged() / devicePixelRatio;
  if (width * most >= tile.width && height * most >= tile.height) return undefined;
  const scale = Math.min(1, most, tile.width / width, tile.height / height);
  return { width: width * scale, height: height * scale };
}

async function answerOf(url: string, signal: AbortSignal): Promise<TileAnswer | undefined> {
  // Of another origin a script may learn less than the picture's own element.
  if (new URL(url, location.href).origin !== location.origin) return { status: undefined };
  try {
    const answer = await fetch(url, { headers: { accept: ACCEPT }, redirect: 'manual', signal });
    const { ok, status, type, headers } = answer;
    return {
      status,
      retryAfter: Number(headers.get('retry-after')),
      rendition: ok ? await answer.blob() : undefined,
      isRedirect: type === 'opaqueredirect',
    };
  } catch {
    return undefined;
  }
}

/**
 * How wide a rendition is at least. A panorama fills a tile that is less wide than it by its height, and loses its
 * sides.
 */
export function neededPixels({ width, height }: Picture, tile: Omit<RenditionProps, 'picture'>): number {
  const uncropped = width && height ? Math.max(tile.width, (tile.height * width) / height) : tile.width;
  return (uncropped / mostEnlarged()) * devicePixelRatio;
}

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
  currentTarget.dataset['loaded'] ??= 'faded';
};

/** The browser's memory has it already: a fade would be a flicker. */
const shownAtOnce = (element: HTMLImageElement | null): void => {
  if (element?.complete && element.naturalWidth > 0) element.dataset['loaded'] = 'at-once';
};

'use client';

import {
  type ComponentPropsWithoutRef,
  type ReactNode,
  type SyntheticEvent,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import type { SafelightClient } from '../client.ts';
import type { Image } from '../images/image.ts';
import { placeholderUrl } from '../images/placeholder.ts';

export interface PictureProps extends Omit<ComponentPropsWithoutRef<'img'>, 'src' | 'srcSet' | 'width' | 'height'> {
  /** Knows the presets, and reads the image again if its URLs have expired. */
  readonly client: SafelightClient;
  readonly image: Image;
  /** The presets that the browser may choose from; absent: all. */
  readonly preset?: string | readonly string[] | undefined;
  /** How wide the picture is shown, as HTML's `sizes`; absent: as wide as the page. */
  readonly sizes?: string | undefined;
}

/**
 * An `<img>` of an image's presets: lazy, with its ThumbHash until it has loaded, and with its shape from the start, so
 * that nothing moves. HTML of a server has the dominant color instead of the ThumbHash, whose data URL is 4 KB. For
 * narrower places the page's CSS has `img { max-width: 100%; height: auto }`. If it can't be loaded, as after its
 * signed URL has expired, the image is read again, once; then the ThumbHash stays and `onError` is called. CSS finds
 * `data-state`: `loading`, `loaded` or `failed`. Errors: RangeError for a preset that a ready image doesn't have.
 */
export const Picture = (props: PictureProps): ReactNode => (
  <OnePicture key={Object.values(props.image.renditions ?? {})[0] ?? props.image.image_id} {...props} />
);

type State = 'loading' | 'loaded' | 'failed';

function OnePicture({ client, image, preset, sizes, style, onLoad, onError, ...rest }: PictureProps): ReactNode {
  const { images, urls } = client;
  const [state, setState] = useState<State>('loading');
  /** Newer URLs than the given ones. */
  const [renditions, setRenditions] = useState(image.renditions);
  /** Counts elements: a new one makes the browser load the same URL again. */
  const [attempt, setAttempt] = useState(0);
  const mayReadAgain = useRef(true);
  const element = useRef<HTMLImageElement>(null);
  const isHydrated = useSyncExternalStore(
    neverChanges,
    () => true,
    () => false,
  );
  const needsPlaceholder = isHydrated && state !== 'loaded';
  const placeholder = useMemo(() => (needsPlaceholder ? placeholderUrl(image) : undefined), [image, needsPlaceholder]);

  // A page that a server rendered may have loaded it, or failed to, before React was there.
  useEffect(() => {
    if (!element.current?.complete) return;
    if (element.current.naturalWidth > 0) setState('loaded');
    else if (element.current.currentSrc) setAttempt((count) => count + 1);
  }, []);

  const loaded = (event: SyntheticEvent<HTMLImageElement>): void => {
    mayReadAgain.current = true;
    setState('loaded');
    onLoad?.(event);
  };
  const failed = async (event: SyntheticEvent<HTMLImageElement>): Promise<void> => {
    const fresh = mayReadAgain.current ? await images.get(image.image_id).catch(() => undefined) : undefined;
    mayReadAgain.current = false;
    if (fresh?.renditions) {
      setRenditions(fresh.renditions);
      setAttempt((count) => count + 1);
    } else {
      setState('failed');
      onError?.(event);
    }
  };

  const presets = typeof preset === 'string' ? [preset] : preset;
  const attributes =
    renditions && urls.srcset({ ...image, renditions }, { ...(sizes && { sizes }), ...(presets && { presets }) });
  const isShown = state !== 'failed' && attributes;
  const source = !isShown
    ? { src: placeholder, srcSet: undefined }
    : { src: attributes.src, srcSet: attributes.srcSet || undefined, onLoad: loaded, onError: failed };
  return (
    <img
      key={attempt}
      loading="lazy"
      decoding="async"
      alt={image.description ?? image.filename}
      sizes={attributes?.sizes}
      width={attributes?.width}
      height={attributes?.height}
      {...rest}
      {...source}
      ref={element}
      data-state={state}
      style={{
        ...(state === 'loading' && background(image, placeholder)),
        // The shape of a ThumbHash is only like that of its image.
        ...(!isShown && attributes && { aspectRatio: `${attributes.width} / ${attributes.height}` }),
        ...style,
      }}
    />
  );
}

const background = ({ dominant_color }: Image, placeholder: string | undefined) => ({
  background:
    `${dominant_color ?? ''} ${placeholder ? `url(${placeholder}) center / 100% 100%` : ''}`.trim() || undefined,
});

/** Whether a page was hydrated is asked once after that; nothing has to tell it. */
const neverChanges = () => () => undefined;

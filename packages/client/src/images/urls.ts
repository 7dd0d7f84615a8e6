import { own } from '../own.ts';
import type { Image } from './image.ts';
import { type Presets, sizeOf } from './presets.ts';

export interface SrcsetOptions {
  /** How wide the picture is shown, as HTML's `sizes`; absent: as wide as the page. */
  readonly sizes?: string;
  /** Which presets to offer; absent: all. */
  readonly presets?: readonly string[];
}

/** Attributes of an `<img>`: no layout shift, and the browser chooses the size. */
export interface ImgAttributes {
  readonly src: string;
  readonly srcSet: string;
  readonly sizes: string;
  /** Pixels, of the last preset offered. */
  readonly width: number;
  readonly height: number;
  readonly alt: string;
}

/** What URLs need of an image, as a list with `fields` has it. */
export type Rendered = Pick<Image, 'renditions' | 'status'>;
export type Shown = Rendered & Pick<Image, 'width' | 'height' | 'description' | 'filename'>;

export interface Urls {
  /** The URL of a preset. Errors: RangeError for a preset that the image doesn't have. */
  preset(image: Rendered, preset: string): string;
  /** `<img {...urls.srcset(image, { sizes: '50vw' })} />` */
  srcset(image: Shown, options?: SrcsetOptions): ImgAttributes;
}

export function createUrls({ presets: known }: { readonly presets: () => Presets }): Urls {
  const urlOf = (image: Rendered, preset: string): string => {
    const url = own(image.renditions, preset);
    if (url !== undefined) return String(url);
    const names = Object.keys(image.renditions ?? {}).join(', ');
    throw new RangeError(
      image.status === 'ready'
        ? `expected a preset of the service, one of ${names}; got ${preset}`
        : `expected a ready image, whose presets have URLs; got one that is ${image.status}`,
    );
  };
  return {
    preset: urlOf,
    srcset(image, { sizes = '100vw', presets = Object.keys(image.renditions ?? {}) } = {}) {
      const candidates = presets.map((preset) => ({
        url: urlOf(image, preset),
        size: sizeOf(image, own(known(), preset)),
      }));
      const all = candidates.flatMap(({ url, size }) => (size ? [{ url, ...size }] : []));
      // HTML lets each width stand once, and a small image has several presets of its own width. The last has the ratio
      // of `src`.
      const sized = [...new Map(all.map((one) => [one.width, one])).values()];
      const [first] = candidates;
      if (!first) throw new RangeError('expected an image with presets; got one without');
      return {
        src: (all.at(-1) ?? first).url,
        srcSet: sized.map(({ url, width }) => `${url} ${width}w`).join(', '),
        sizes,
        width: all.at(-1)?.width ?? image.width ?? 0,
        height: all.at(-1)?.height ?? image.height ?? 0,
        alt: image.description ?? image.filename,
      };
    },
  };
}

import type { Image, ReadyImage } from '../domain/image.ts';

/** What an image's JSON says beside its record. */
export interface ImageView {
  readonly bucket: string;
  /** What the client calls us. */
  readonly origin: string;
  readonly presets: readonly PresetInUrl[];
  readonly failuresOf: (image: ReadyImage) => { readonly [preset: string]: string };
  /** The JSON of images, as `imageText` made it with this view. */
  readonly texts: WeakMap<Image, string>;
}

export interface PresetInUrl {
  readonly name: string;
  /** Another one as soon as the preset makes other pictures. */
  readonly version: string;
}

import type { Image, ReadyImage } from '../domain/image.ts';
import { failedPresets } from '../domain/preset-renditions.ts';
import type { Presets } from '../domain/presets.ts';
import { rememberFew } from '../domain/remember.ts';

/** The inputs of an image's JSON besides its record. */
export interface ImageView {
  readonly bucket: string;
  /** The service's origin for this client. */
  readonly origin: string;
  readonly presets: readonly PresetInUrl[];
  readonly failuresOf: (image: ReadyImage) => { readonly [preset: string]: string };
  /** The JSON of images, as `imageText` made it with this view. */
  readonly texts: WeakMap<Image, string>;
}

export interface PresetInUrl {
  readonly name: string;
  /** Changes as soon as the preset makes other renditions. */
  readonly version: string;
}

/** Names that clients use for us at a time. Each holds the JSON of the images in memory, 8 MB at most. */
const MAX_ORIGINS = 4;

export const createImageViews = (options: {
  readonly bucket: string;
  readonly presets: Presets;
  readonly presetVersions: readonly PresetInUrl[];
  readonly encoder: string;
}): ((origin: string) => ImageView) => {
  const { bucket, presets, presetVersions, encoder } = options;
  return rememberFew(MAX_ORIGINS, (origin) => ({
    bucket,
    origin,
    presets: presetVersions,
    failuresOf: (image) => failedPresets(image, { presets, encoder }),
    texts: new WeakMap(),
  }));
};

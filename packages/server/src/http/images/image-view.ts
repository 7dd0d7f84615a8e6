import type { Image, ReadyImage } from '../../domain/image/image.ts';

/** The inputs of an image's JSON besides its record. */
export interface ImageView {
  readonly bucket: string;
  /** The service's origin for this client. */
  readonly origin: string;
  readonly presets: readonly PresetInUrl[];
  /** The rest of the query of the image's URLs: `&exp=...&kid=...&sig=...` if they are signed, else ''. */
  readonly sealOf: (image: ReadyImage) => string;
  readonly failuresOf: (image: ReadyImage) => { readonly [preset: string]: string };
  /** The JSON of images, as `imageText` made it with this view. */
  readonly texts: WeakMap<Image, string>;
}

export interface PresetInUrl {
  readonly name: string;
  /** Changes as soon as the preset makes other renditions of this image. */
  readonly versionFor: (image: ReadyImage) => string;
}

/** For routes that write the JSON of images. */
export interface ImageViews {
  /**
   * One object per origin, where the origin is the one that the client called. It caches the JSON of images. With
   * signed URLs each window of READ_URL_SECONDS has another object. Call it when the answer is written: its URLs are
   * valid for at least one window from then.
   */
  readonly viewAt: (origin: string) => ImageView;
}

/** For routes that compare the version in a URL. */
export interface PresetVersions {
  /** All presets, in their order. */
  readonly presetVersions: readonly PresetInUrl[];
}

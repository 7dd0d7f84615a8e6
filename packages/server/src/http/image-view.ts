import type { ReadyImage } from '../domain/image.ts';
import { failedPresets } from '../domain/preset-renditions.ts';
import { rememberEach, rememberFew } from '../domain/remember.ts';
import { renditionVersion } from '../domain/rendition-version.ts';
import type { Services } from '../services.ts';
import type { RouteContext } from './route.ts';

/** The inputs of an image's JSON besides its record. */
export interface ImageView {
  readonly bucket: string;
  /** The service's origin for this client. */
  readonly origin: string;
  readonly presets: readonly PresetInUrl[];
  readonly failuresOf: (image: ReadyImage) => { readonly [preset: string]: string };
}

interface PresetInUrl {
  readonly name: string;
  /** Changes as soon as the preset makes other renditions. */
  readonly version: string;
}

/** Returns the same object for the same origin, so that JSON made with it can be cached. */
export const imageView = (c: RouteContext, services: Services): ImageView =>
  imageViewAt(services, c.get('publicOrigin'));

export const imageViewAt = (services: Services, origin: string): ImageView => viewsOf(services)(origin);

/** Origins of the service at a time. Each caches the JSON of images in memory, at most 8 MB. */
const MAX_ORIGINS = 4;

const viewsOf = rememberEach((services: Services) =>
  rememberFew(
    MAX_ORIGINS,
    (origin: string): ImageView => ({
      bucket: services.objects.bucket,
      origin,
      presets: presetVersions(services),
      failuresOf: (image) =>
        failedPresets(image, { presets: services.settings.presets, encoder: services.imaging.encoder }),
    }),
  ),
);

/** Presets in their configured order. */
export const presetVersions = rememberEach(({ settings, imaging }: Services): readonly PresetInUrl[] =>
  [...settings.presets].map(([name, transform]) => ({ name, version: renditionVersion(transform, imaging.encoder) })),
);

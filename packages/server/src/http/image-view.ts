import type { ReadyImage } from '../domain/image.ts';
import { failedPresets } from '../domain/preset-renditions.ts';
import { rememberEach, rememberFew } from '../domain/remember.ts';
import { renditionVersion } from '../domain/rendition-version.ts';
import type { Services } from '../services.ts';
import type { RouteContext } from './route.ts';

/** What an image's JSON says beside its record. */
export interface ImageView {
  readonly bucket: string;
  /** What the client calls us. */
  readonly origin: string;
  readonly presets: readonly PresetInUrl[];
  readonly failuresOf: (image: ReadyImage) => { readonly [preset: string]: string };
}

interface PresetInUrl {
  readonly name: string;
  /** Another one as soon as the preset makes other pictures. */
  readonly version: string;
}

/** The same object for the same client name: JSON that was made with it can be kept. */
export const imageView = (c: RouteContext, services: Services): ImageView =>
  imageViewAt(services, c.get('publicOrigin'));

export const imageViewAt = (services: Services, origin: string): ImageView => viewsOf(services)(origin);

/** Names that clients use for us at a time. Each holds the JSON of the images in memory, 8 MB at most. */
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

/** Presets in their order. */
export const presetVersions = rememberEach(({ settings, imaging }: Services): readonly PresetInUrl[] =>
  [...settings.presets].map(([name, transform]) => ({ name, version: renditionVersion(transform, imaging.encoder) })),
);

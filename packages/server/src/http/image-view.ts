import type { ReadyImage } from '../domain/image.ts';
import { failedPresets } from '../domain/preset-renditions.ts';
import { rememberEach, rememberLast } from '../domain/remember.ts';
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

/** The same object as long as the same client name is used: what was made with it can be kept. */
export const imageView = (c: RouteContext, services: Services): ImageView => viewsOf(services)(c.get('publicOrigin'));

const viewsOf = rememberEach((services: Services) =>
  rememberLast(
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

import { readUrlExpiry } from '../../domain/access/signed-url.ts';
import { rememberFew, rememberLast } from '../../domain/remember.ts';
import { failedPresets } from '../../domain/rendition/preset-renditions.ts';
import { renditionVersion } from '../../domain/rendition/rendition-version.ts';
import type { Transform } from '../../domain/rendition/transform.ts';
import type { Services } from '../../services.ts';
import type { ImageView, ImageViews, PresetInUrl, PresetVersions } from './image-view.ts';

/** Names that clients use for us at a time. Each holds the JSON of the images in memory, 8 MB at most. */
const MAX_ORIGINS = 4;

export function createImageViews(services: Services): ImageViews & PresetVersions {
  const { bucket } = services.objects;
  const { encoder } = services.imaging;
  const { presets, readUrlSeconds, authenticates } = services.settings;
  const presetVersions = [...presets].map(([name, transform]) => ({
    name,
    versionFor: versionsOf(transform, encoder),
  }));
  const failuresOf: ImageView['failuresOf'] = (image) => failedPresets(image, { presets, encoder });
  const viewOf = (origin: string, sealOf: ImageView['sealOf']): ImageView => ({
    bucket,
    origin,
    presets: presetVersions,
    sealOf,
    failuresOf,
    texts: new WeakMap(),
  });
  const unsigned = rememberFew(MAX_ORIGINS, (origin: string) => viewOf(origin, () => ''));
  const signed = rememberFew(MAX_ORIGINS, (origin: string) =>
    rememberLast((expiryMs: number) => {
      const expiresAt = new Date(expiryMs);
      return viewOf(origin, (image) => `&${services.presetUrls.queryFor(image, expiresAt)}`);
    }),
  );
  return {
    presetVersions,
    viewAt: authenticates
      ? (origin) => signed(origin)(readUrlExpiry(services.clock.now(), readUrlSeconds).getTime())
      : unsigned,
  };
}

/** Computed once for all images, unless the transform depends on the image's focal point. */
function versionsOf(transform: Transform, encoder: string): PresetInUrl['versionFor'] {
  if (transform.position === 'focal') return ({ focalPoint }) => renditionVersion(transform, encoder, focalPoint);
  const version = renditionVersion(transform, encoder, null);
  return () => version;
}

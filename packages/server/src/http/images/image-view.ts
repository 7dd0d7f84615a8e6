import { knowsAllOf, onlyUploads, shownTo } from '../../domain/access/access.ts';
import { readUrlExpiry } from '../../domain/access/signed-url.ts';
import type { Shown } from '../../domain/access/view-token.ts';
import type { Image, ReadyImage } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import { isReplacementKey } from '../../domain/image/object-key.ts';
import { rememberFew, rememberLast } from '../../domain/remember.ts';
import { failedPresets } from '../../domain/rendition/preset-renditions.ts';
import type { Presets } from '../../domain/rendition/presets.ts';
import { renditionVersion } from '../../domain/rendition/rendition-version.ts';
import type { Transform } from '../../domain/rendition/transform.ts';
import type { Services } from '../../services.ts';
import type { RouteContext } from '../route.ts';

/** The inputs of an image's JSON besides its record. */
export interface ImageView {
  readonly bucket: string;
  /** The service's origin for this client. */
  readonly origin: string;
  readonly presets: readonly PresetInUrl[];
  /** The rest of the query of the image's URLs: `&exp=...&kid=...&sig=...` if they are signed, else ''. */
  readonly sealOf: (image: ReadyImage) => string;
  readonly failuresOf: (image: ReadyImage) => { readonly [preset: string]: string };
  /** What the caller sees of an image besides its description. */
  readonly shows: Shown;
  /** Whether the caller may know what was said about the image, and not only what its bytes are. */
  readonly tellsAllOf: (image: Image) => boolean;
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
   * What the caller of this request sees. One object per origin, where the origin is the one that the client called,
   * and per permission to see originals and metadata; a new one for a caller that only uploads. It caches the JSON of
   * images. With signed URLs each window of READ_URL_SECONDS has another object. Call it when the answer is written:
   * its URLs are valid for at least one window from then.
   */
  readonly viewFor: (c: RouteContext) => ImageView;
}

/** For routes that compare the version in a URL. */
export interface PresetVersions {
  /** All presets, in their order. */
  readonly presetVersions: readonly PresetInUrl[];
  /** As links show them. */
  readonly sharedPresetVersions: readonly PresetInUrl[];
}

/**
 * Names that clients use for us at a time. Each holds the JSON of the images in memory, 8 MB at most for each `Shown`.
 */
const MAX_ORIGINS = 4;
/** With and without originals and metadata. */
const SHOWN_COMBINATIONS = 4;

export function createImageViews(services: Services): ImageViews & PresetVersions {
  const { bucket } = services.objects;
  const { encoder } = services.imaging;
  const { watermarks } = services;
  const { presets, sharedPresets, readUrlSeconds, authenticates } = services.settings;
  const inUrls = (all: Presets): readonly PresetInUrl[] =>
    [...all].map(([name, transform]) => ({
      name,
      versionFor: versionsOf(transform, { encoder, markId: markIdOf(services, transform) }),
    }));
  const presetVersions = inUrls(presets);
  const failuresOf: ImageView['failuresOf'] = (image) => failedPresets(image, { presets, encoder, watermarks });
  /** The views of one origin and window, each made on demand. */
  const viewsOf = (origin: string, sealOf: ImageView['sealOf']): ((shows: Shown) => ImageView) => {
    const view = rememberFew(SHOWN_COMBINATIONS, (seen: string) => ({
      bucket,
      origin,
      presets: presetVersions,
      sealOf,
      failuresOf,
      shows: { originals: seen.includes('o'), metadata: seen.includes('m') },
      tellsAllOf: () => true,
      texts: new WeakMap<Image, string>(),
    }));
    return ({ originals, metadata }) => view(`${originals ? 'o' : ''}${metadata ? 'm' : ''}`);
  };
  const unsigned = rememberFew(MAX_ORIGINS, (origin: string) => viewsOf(origin, () => ''));
  const signed = rememberFew(MAX_ORIGINS, (origin: string) =>
    rememberLast((expiryMs: number) => {
      const expiresAt = new Date(expiryMs);
      return viewsOf(origin, (image) => `&${services.presetUrls.queryFor(image, expiresAt)}`);
    }),
  );
  return {
    presetVersions,
    sharedPresetVersions: inUrls(sharedPresets),
    viewFor(c) {
      const origin = c.get('publicOrigin');
      const views = authenticates
        ? signed(origin)(readUrlExpiry(services.clock.now(), readUrlSeconds).getTime())
        : unsigned(origin);
      const access = c.get('access');
      const view = views(shownTo(access));
      if (!onlyUploads(access)) return view;
      return { ...view, tellsAllOf: (image) => knowsAllOf(access, image), texts: new WeakMap() };
    },
  };
}

const markIdOf = ({ settings }: Services, { watermark }: Transform): ImageId | null =>
  watermark === null ? null : (settings.watermarks.get(watermark) ?? null);

/** Computed once for all images, unless it depends on the image: on its focal point, or on replaced bytes. */
function versionsOf(
  transform: Transform,
  made: { readonly encoder: string; readonly markId: ImageId | null },
): PresetInUrl['versionFor'] {
  const of = ({ focalPoint, objectKey, sha256 }: ReadyImage): string =>
    renditionVersion(transform, { ...made, focalPoint, ...(isReplacementKey(objectKey) && { sha256 }) });
  if (transform.position === 'focal') return of;
  const version = renditionVersion(transform, { ...made, focalPoint: null });
  return (image) => (isReplacementKey(image.objectKey) ? of(image) : version);
}

import type { SignIn } from '../authenticator/sign-in.ts';
import { readUrlExpiry } from '../domain/access/signed-url.ts';
import type { ReadyImage } from '../domain/image/image.ts';
import type { RenditionKind } from '../domain/image/object-key.ts';
import type { AcceptedFormats } from '../domain/rendition/accepted-formats.ts';
import {
  type PlannedRendition,
  plannedRendition,
  type RenditionQuestion,
} from '../domain/rendition/planned-rendition.ts';
import { failedPresets } from '../domain/rendition/preset-renditions.ts';
import { renditionVersion } from '../domain/rendition/rendition-version.ts';
import type { Transform } from '../domain/rendition/transform.ts';
import { rememberEach, rememberFew, rememberLast } from '../flow/remember.ts';
import type { RateLimiter } from '../rate-limiter/rate-limiter.ts';
import type { Services } from '../services.ts';
import type { ImageView, PresetInUrl } from './images/image-view.ts';
import { createGalleryFiles, type GalleryFiles } from './pages/gallery-files.ts';

/**
 * Routes receive the services, and what one app keeps between requests. An image's entries are kept by its object, which later
 * reads answer again while the record is the same (`ImageRepository`).
 */
export interface AppServices extends Services {
  /** null: nothing is limited. */
  readonly rateLimiter: RateLimiter | null;
  /** null: the gallery sends nobody to an issuer. */
  readonly signIn: SignIn | null;
  readonly gallery: GalleryFiles;
  /** All presets, in their order. */
  readonly presetVersions: readonly PresetInUrl[];
  /**
   * The same object for the same origin, which clients choose by the name they call: it keeps the JSON of images. With signed URLs there is
   * another object in each window of READ_URL_SECONDS. Call it when the answer is written: its URLs are valid for a window at least from then.
   */
  readonly viewAt: (origin: string) => ImageView;
  /** Planned once for each record: the same pictures are asked for again and again. Errors: those of `planRendition`. */
  readonly planOf: (asked: Omit<RenditionQuestion, 'encoder'> & { readonly image: ReadyImage }) => PlannedRendition;
}

/** Names that clients use for us at a time. Each holds the JSON of the images in memory, 8 MB at most. */
const MAX_ORIGINS = 4;
const KINDS = 2;

export function createAppServices(
  services: Services,
  { rateLimiter, signIn }: Pick<AppServices, 'rateLimiter' | 'signIn'>,
): AppServices {
  const { bucket } = services.objects;
  const { encoder } = services.imaging;
  const { presets } = services.settings;
  const presetVersions = [...presets].map(([name, transform]) => ({
    name,
    versionFor: versionsOf(transform, encoder),
  }));
  const failuresOf: ImageView['failuresOf'] = (image) => failedPresets(image, { presets, encoder });
  const plans = rememberFew(KINDS, (kind: RenditionKind) =>
    rememberEach((image: ReadyImage) =>
      rememberEach((transform: Transform) =>
        rememberEach((accepted: AcceptedFormats) => plannedRendition(image, { kind, transform, accepted, encoder })),
      ),
    ),
  );
  const { readUrlSeconds, authenticates } = services.settings;
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
    ...services,
    rateLimiter,
    signIn,
    gallery: createGalleryFiles(),
    presetVersions,
    viewAt: authenticates
      ? (origin) => signed(origin)(readUrlExpiry(services.clock.now(), readUrlSeconds).getTime())
      : unsigned,
    planOf: ({ image, kind, transform, accepted }) => plans(kind)(image)(transform)(accepted),
  };
}

/** Computed once for all images, unless the transform depends on the image's focal point. */
function versionsOf(transform: Transform, encoder: string): PresetInUrl['versionFor'] {
  if (transform.position === 'focal') return ({ focalPoint }) => renditionVersion(transform, encoder, focalPoint);
  const version = renditionVersion(transform, encoder, null);
  return () => version;
}

import { acceptedFormats } from '../domain/accepted-formats.ts';
import { type Awaitable, andThen } from '../domain/awaitable.ts';
import { contentDisposition } from '../domain/content-disposition.ts';
import type { ReadyImage } from '../domain/image.ts';
import { acceptedType, EXTENSIONS } from '../domain/media-type.ts';
import type { RenditionKind } from '../domain/object-key.ts';
import { plannedRendition } from '../domain/planned-rendition.ts';
import { rememberEach, rememberLast } from '../domain/remember.ts';
import type { StoredRendition } from '../domain/rendition.ts';
import type { Transform } from '../domain/transform.ts';
import { createRenditionDownload } from '../operations/create-rendition-download.ts';
import { openRendition } from '../operations/open-rendition.ts';
import { renderImage } from '../operations/render-image.ts';
import type { Services } from '../services.ts';
import { addHeaders } from './answer.ts';
import { bytesAnswer, type Redirection, type Servable, servable } from './bytes-answer.ts';
import { clientOf } from './client.ts';
import { header } from './header.ts';
import type { RouteContext } from './route.ts';

/** A requested rendition. */
export interface AskedRendition {
  readonly image: ReadyImage;
  readonly kind: RenditionKind;
  readonly transform: Transform;
  /** Appended to the filename, before its extension. */
  readonly suffix: string;
}

/** Whether shared caches may keep the answer, and for how long. */
export interface Keeping {
  readonly by: 'public' | 'private';
  /** Seconds without revalidation; null: always revalidate. */
  readonly maxAgeSeconds: number | null;
}

/** Finds or makes the rendition. `Vary` reports a dependency on Accept. */
export function findRendition(
  c: RouteContext,
  services: Services,
  { image, kind, transform }: AskedRendition,
): Awaitable<StoredRendition> {
  const isNegotiated = transform.format === 'auto';
  if (isNegotiated) addHeaders(c, { vary: 'Origin, Accept' });
  const accepted = acceptedFormats(isNegotiated ? header(c, 'accept') : undefined);
  const { encoder } = services.imaging;
  const planned = plannedRendition(image, { kind, transform, accepted, encoder });
  return renderImage(services, image, planned, clientOf(c));
}

/** The rendition's bytes, or a redirect to the store. */
export function renditionAnswer(
  c: RouteContext,
  services: Services,
  asked: AskedRendition & { readonly keeping: Keeping },
): Awaitable<Response> {
  const { image, suffix, keeping } = asked;
  return andThen(findRendition(c, services, asked), (rendition) =>
    bytesAnswer(c, servableOf(rendition)(image)(suffix)(`${keeping.by}, ${directivesOf(keeping)}`), {
      open: (range) => openRendition(services, rendition, range),
      ...(services.settings.redirectsBytes && { redirect: () => redirection(c, services, asked, rendition) }),
    }),
  );
}

async function redirection(
  c: RouteContext,
  services: Services,
  { image, suffix, keeping }: AskedRendition & { readonly keeping: Keeping },
  rendition: StoredRendition,
): Promise<Redirection> {
  const { url, sameUntil } = await createRenditionDownload(services, rendition, {
    disposition: 'inline',
    filename: renditionFilename(image, rendition, suffix),
    publicOrigin: c.get('publicOrigin'),
    maxSeconds: keeping.maxAgeSeconds ?? undefined,
  });
  if (keeping.maxAgeSeconds === null) return { url, cacheControl: `${keeping.by}, no-cache` };
  const leftMs = sameUntil.getTime() - services.clock.now().getTime();
  const leftSeconds = Math.max(0, Math.floor(leftMs / 1000));
  return { url, cacheControl: `${keeping.by}, max-age=${Math.min(leftSeconds, keeping.maxAgeSeconds)}` };
}

const directivesOf = ({ maxAgeSeconds }: Keeping): string =>
  maxAgeSeconds === null ? 'no-cache' : `max-age=${maxAgeSeconds}, immutable`;

/** `holiday.png` as a WebP thumbnail: `holiday-thumb.webp`. */
export function renditionFilename(
  image: ReadyImage,
  { contentType }: Pick<StoredRendition, 'contentType'>,
  suffix: string,
): string {
  const type = acceptedType(contentType);
  const name = image.filename.replace(/\.\w{1,5}$/, '') || 'image';
  return `${name}${suffix}${type ? `.${EXTENSIONS[type]}` : ''}`;
}

/**
 * Made once for each rendition, as its image's record was read, under the same URL. It doesn't refer to the rendition itself:
 * what a weak map's values refer to is kept until V8 marks its whole heap, and bytes that are sent shall go before.
 */
const servableOf = rememberEach(({ sizeBytes, contentType, entityTag }: StoredRendition) =>
  rememberEach((image: ReadyImage) =>
    rememberLast((suffix: string) =>
      rememberLast((cacheControl: string): Servable => {
        const disposition = contentDisposition('inline', renditionFilename(image, { contentType }, suffix));
        return servable({
          sizeBytes,
          contentType,
          validators: { entityTag, lastModified: null }, // another format or preset may be as old
          headers: { 'cache-control': cacheControl, 'content-disposition': disposition },
        });
      }),
    ),
  ),
);

import { AppError } from '../../domain/errors.ts';
import type { ReadyImage } from '../../domain/image/image.ts';
import { acceptedType, EXTENSIONS } from '../../domain/image/media-type.ts';
import type { RenditionKind } from '../../domain/image/object-key.ts';
import { acceptedFormats } from '../../domain/rendition/accepted-formats.ts';
import type { StoredRendition } from '../../domain/rendition/rendition.ts';
import type { Transform } from '../../domain/rendition/transform.ts';
import { contentDisposition } from '../../http-semantics/content-disposition.ts';
import { createRenditionDownload } from '../../operations/renditions/create-rendition-download.ts';
import { openRendition } from '../../operations/renditions/open-rendition.ts';
import { renderImage } from '../../operations/renditions/render-image.ts';
import type { Services } from '../../services.ts';
import type { AppServices } from '../app-services.ts';
import { clientOf } from '../request/client.ts';
import { header } from '../request/header.ts';
import type { AnswerHeaders, RouteContext } from '../route.ts';
import { varyBy } from './answer.ts';
import { bytesAnswer, type Redirection, type Servable, servable } from './bytes-answer.ts';
import { type Keeping, keepingHeaders, redirectKeeping } from './shared-picture.ts';

/** A requested rendition. */
export interface AskedRendition {
  readonly image: ReadyImage;
  readonly kind: RenditionKind;
  readonly transform: Transform;
  /** Appended to the filename, before its extension. */
  readonly suffix: string;
}

/** The stored rendition, made first if there is none. Sets `Vary` if the format depends on `Accept`. */
export async function findRendition(
  c: RouteContext,
  services: AppServices,
  { image, kind, transform }: Omit<AskedRendition, 'suffix'>,
): Promise<StoredRendition> {
  const isNegotiated = transform.format === 'auto';
  if (isNegotiated) varyBy(c, 'Accept');
  const accepted = acceptedFormats(isNegotiated ? header(c, 'accept') : undefined);
  const planned = services.planOf({ image, kind, transform, accepted });
  return renderImage(services, image, planned, clientOf(c));
}

/** The rendition's bytes, or where the store has them. */
export async function renditionAnswer(
  c: RouteContext,
  services: AppServices,
  asked: AskedRendition & { readonly keeping: Keeping },
): Promise<Response> {
  const { image, suffix, keeping } = asked;
  const rendition = await findRendition(c, services, asked);
  const headers = keepingHeaders(services, image.id, keeping);
  return bytesAnswer(c, servableOf(rendition, renditionFilename(image, rendition, suffix), headers), {
    open: (range) => openRendition(services, rendition, range),
    ...(services.settings.redirectsBytes && { redirect: () => redirection(c, services, asked, rendition) }),
  });
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
    maxSeconds: keeping.expiresInSeconds,
  });
  const sameMs = sameUntil.getTime() - services.clock.now().getTime();
  return {
    url,
    headers: keepingHeaders(services, image.id, redirectKeeping(keeping, Math.max(0, Math.floor(sameMs / 1000)))),
  };
}

/** The preset doesn't fit this image, so the configuration is at fault: no other request could succeed. */
export function blamePreset(preset: string, error: unknown): never {
  if (error instanceof AppError && error.code === 'invalid-request')
    throw new AppError('rendition-failed', `preset ${preset}: ${error.detail}`, { cause: error });
  throw error;
}

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

/** Headers are made once for all who ask for a rendition in memory by the same URL. */
function servableOf(rendition: StoredRendition, filename: string, keeping: AnswerHeaders): Servable {
  const { sizeBytes, contentType, entityTag, headers } = rendition;
  const validators = { entityTag, lastModified: null }; // another format or preset may be as old
  const cacheControl = keeping['cache-control'] ?? '';
  if (headers?.filename === filename && headers.cacheControl === cacheControl)
    return { sizeBytes, validators, shared: headers.shared, whole: headers.whole };
  const disposition = contentDisposition('inline', filename);
  const made = servable({
    sizeBytes,
    contentType,
    validators,
    headers: { ...keeping, 'content-disposition': disposition },
  });
  rendition.headers = { filename, cacheControl, shared: made.shared, whole: made.whole };
  return made;
}

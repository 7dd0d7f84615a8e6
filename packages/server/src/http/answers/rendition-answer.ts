import { AppError } from '../../domain/errors.ts';
import type { PublishedImage, ReadyImage } from '../../domain/image/image.ts';
import { acceptedType, extensionOf } from '../../domain/image/media-type.ts';
import { type AcceptedFormats, acceptedFormats } from '../../domain/rendition/accepted-formats.ts';
import type { StoredRendition } from '../../domain/rendition/rendition.ts';
import type { Transform } from '../../domain/rendition/transform.ts';
import { contentDisposition } from '../../http-semantics/content-disposition.ts';
import { createRenditionDownload } from '../../operations/renditions/create-rendition-download.ts';
import { openRendition } from '../../operations/renditions/open-rendition.ts';
import type { Services } from '../../services.ts';
import { header } from '../request/header.ts';
import type { AnswerHeaders, RouteContext } from '../route.ts';
import { UNCACHED, varyBy } from './answer.ts';
import { bytesAnswer, type Redirection, type Servable, servable } from './bytes-answer.ts';
import { longestLife } from './presigned-life.ts';
import { type Keeping, keepingHeaders, redirectKeeping } from './shared-picture.ts';

/** The formats for a transform with `format=auto`, which depend on `Accept`. Sets `Vary` then. */
export function formatsFor(c: RouteContext, { format }: Transform): AcceptedFormats {
  const isNegotiated = format === 'auto';
  if (isNegotiated) varyBy(c, 'Accept');
  return acceptedFormats(isNegotiated ? header(c, 'accept') : undefined);
}

/** Whether clients are sent to the store: it lacks a rendition whose bytes are here. */
export const isInStore = ({ settings }: Pick<Services, 'settings'>, { bytes }: StoredRendition): boolean =>
  settings.redirectsBytes && bytes === null;

/** How a rendition is sent. */
export interface RenditionTerms {
  /** The file's name, without an extension. */
  readonly name: string;
  readonly keeping: Keeping;
}

/** The rendition's bytes, or where the store has them. */
export async function renditionAnswer(
  c: RouteContext,
  services: Services,
  { image, rendition }: { readonly image: ReadyImage; readonly rendition: StoredRendition },
  { name, keeping }: RenditionTerms,
): Promise<Response> {
  const filename = renditionFilename(name, rendition);
  return bytesAnswer(c, servableOf(rendition, filename, keepingHeaders(services, image.id, keeping)), {
    open: (range) => openRendition(services, rendition, range),
    ...(isInStore(services, rendition) && {
      redirect: () => redirection(c, services, { image, keeping, filename }, rendition),
    }),
  });
}

/**
 * A rendition of an image in the trash. It never redirects to a URL of the store, which would work after the image is
 * gone, and no cache keeps it.
 */
export async function trashedRenditionAnswer(
  c: RouteContext,
  services: Services,
  rendition: StoredRendition,
  name: string,
): Promise<Response> {
  return bytesAnswer(c, servableOf(rendition, renditionFilename(name, rendition), UNCACHED), {
    open: (range) => openRendition(services, rendition, range),
  });
}

async function redirection(
  c: RouteContext,
  services: Services,
  { image, keeping, filename }: { readonly image: ReadyImage; readonly keeping: Keeping; readonly filename: string },
  rendition: StoredRendition,
): Promise<Redirection> {
  const { url, sameUntil } = await createRenditionDownload(services, rendition, {
    disposition: 'inline',
    filename,
    publicOrigin: c.get('publicOrigin'),
    maxSeconds: longestLife(c) ?? keeping.expiresInSeconds,
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
    throw new AppError('rendition-failed', `preset ${preset}: ${error.detail}`, {
      cause: error,
      params: { preset, reason: 'invalid-request' },
    });
  throw error;
}

/** The name of an image's file without its extension: `holiday.png` becomes `holiday`. */
export const nameOf = ({ filename }: PublishedImage): string => filename.replace(/\.\w{1,5}$/, '') || 'image';

/** With the extension of the rendition's type: `holiday-thumb.webp`. */
export function renditionFilename(name: string, { contentType }: Pick<StoredRendition, 'contentType'>): string {
  const type = acceptedType(contentType);
  return `${name}${type ? `.${extensionOf(type)}` : ''}`;
}

function servableOf(
  { sizeBytes, contentType, entityTag }: StoredRendition,
  filename: string,
  keeping: AnswerHeaders,
): Servable {
  const validators = { entityTag, lastModified: null }; // another format or preset may be as old
  const headers = { ...keeping, 'content-disposition': contentDisposition('inline', filename) };
  return servable({ sizeBytes, contentType, validators, headers });
}

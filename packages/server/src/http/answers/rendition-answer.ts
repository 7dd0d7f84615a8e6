import { AppError } from '../../domain/errors.ts';
import type { PublishedImage, ReadyImage, TrashedImage } from '../../domain/image/image.ts';
import { acceptedType, extensionOf } from '../../domain/image/media-type.ts';
import type { RenditionKind } from '../../domain/image/object-key.ts';
import { acceptedFormats } from '../../domain/rendition/accepted-formats.ts';
import type { PlannedRendition } from '../../domain/rendition/planned-rendition.ts';
import type { StoredRendition } from '../../domain/rendition/rendition.ts';
import type { Transform } from '../../domain/rendition/transform.ts';
import { contentDisposition } from '../../http-semantics/content-disposition.ts';
import { createRenditionDownload } from '../../operations/renditions/create-rendition-download.ts';
import { openRendition } from '../../operations/renditions/open-rendition.ts';
import { renderImage, renderTrashedImage } from '../../operations/renditions/render-image.ts';
import type { Services } from '../../services.ts';
import { clientOf } from '../request/client.ts';
import { header } from '../request/header.ts';
import type { AnswerHeaders, RouteContext } from '../route.ts';
import { UNCACHED, varyBy } from './answer.ts';
import { bytesAnswer, type Redirection, type Servable, servable } from './bytes-answer.ts';
import type { RenditionPlans } from './rendition-plans.ts';
import { type Keeping, keepingHeaders, redirectKeeping } from './shared-picture.ts';

/** A requested rendition. */
export interface AskedRendition<Of extends PublishedImage = ReadyImage> {
  readonly image: Of;
  readonly kind: RenditionKind;
  readonly transform: Transform;
  /** The file's name, without an extension. */
  readonly name: string;
}

/** What lets a caller have a rendition, which may take seconds to make. */
export interface Admission {
  /** At the time of the answer: a cache counts from then. */
  readonly keepingAt: (now: Date) => Keeping;
  /** Throws if the caller wouldn't be let in any more. Absent: what ends meanwhile counts for the next request. */
  readonly readmit?: () => Promise<unknown>;
}

/** After a longer wait for a rendition the caller is judged again: its URL may have been revoked. */
const READMIT_AFTER_MS = 1_000;

/** The stored rendition, made first if there is none. Sets `Vary` if the format depends on `Accept`. */
export async function findRendition(
  c: RouteContext,
  services: Services & RenditionPlans,
  { image, kind, transform }: Omit<AskedRendition, 'name'>,
  readmit?: Admission['readmit'],
): Promise<StoredRendition> {
  const planned = plannedFor(c, services, { image, kind, transform });
  const startMs = services.clock.elapsedMs();
  const rendition = await renderImage(services, image, planned, clientOf(c));
  if (services.clock.elapsedMs() - startMs > READMIT_AFTER_MS) await readmit?.();
  return rendition;
}

function plannedFor(
  c: RouteContext,
  services: RenditionPlans,
  { image, kind, transform }: Omit<AskedRendition<PublishedImage>, 'name'>,
): PlannedRendition {
  const isNegotiated = transform.format === 'auto';
  if (isNegotiated) varyBy(c, 'Accept');
  const accepted = acceptedFormats(isNegotiated ? header(c, 'accept') : undefined);
  return services.planOf({ image, kind, transform, accepted });
}

/** Whether clients are sent to the store: it lacks a rendition whose bytes are here. */
export const isInStore = ({ settings }: Pick<Services, 'settings'>, { bytes }: StoredRendition): boolean =>
  settings.redirectsBytes && bytes === null;

/** The rendition's bytes, or where the store has them. */
export async function renditionAnswer(
  c: RouteContext,
  services: Services & RenditionPlans,
  asked: AskedRendition,
  { keepingAt, readmit }: Admission,
): Promise<Response> {
  const { image, name } = asked;
  const rendition = await findRendition(c, services, asked, readmit);
  const keeping = keepingAt(services.clock.now());
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
  services: Services & RenditionPlans,
  asked: AskedRendition<TrashedImage>,
): Promise<Response> {
  const planned = plannedFor(c, services, asked);
  const rendition = await renderTrashedImage(services, asked.image, planned, clientOf(c));
  const filename = renditionFilename(asked.name, rendition);
  return bytesAnswer(c, servableOf(rendition, filename, UNCACHED), {
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

import type { StoredRendition } from '../../domain/rendition/rendition.ts';
import { contentDisposition, type Disposition } from '../../http-semantics/content-disposition.ts';
import type { PresignedRequest } from '../../object-store/presigner.ts';
import type { Services } from '../../services.ts';

export interface RenditionDownloadOptions {
  readonly disposition: Disposition;
  readonly filename: string;
  readonly publicOrigin: string;
  /** An upper limit of the URL's lifetime, also for a URL that only one client gets. */
  readonly maxSeconds?: number | undefined;
}

/** How long all clients get the same URL of a rendition: half of its lifetime, so that at least half is always left. */
const sharedSeconds = ({ settings }: Pick<Services, 'settings'>): number =>
  Math.max(1, Math.floor(settings.presignedSeconds / 2));

export interface RenditionDownload extends PresignedRequest {
  /** Until then all clients get this URL, and it is valid. */
  readonly sameUntil: Date;
}

/** A presigned URL of a stored rendition's bytes. */
export async function createRenditionDownload(
  services: Pick<Services, 'presigner' | 'settings' | 'clock'>,
  rendition: Pick<StoredRendition, 'key' | 'contentType'>,
  { disposition, filename, publicOrigin, maxSeconds = Number.POSITIVE_INFINITY }: RenditionDownloadOptions,
): Promise<RenditionDownload> {
  const windowSeconds = sharedSeconds(services);
  const { presignedSeconds } = services.settings;
  const isShared = presignedSeconds > 1 && maxSeconds >= presignedSeconds;
  const request = await services.presigner.presignGet(rendition.key, {
    publicOrigin,
    expiresInSeconds: Math.max(1, Math.min(presignedSeconds, maxSeconds)),
    windowSeconds: isShared ? windowSeconds : undefined,
    contentType: rendition.contentType,
    disposition: contentDisposition(disposition, filename),
  });
  const [nowMs, windowMs] = [services.clock.now().getTime(), windowSeconds * 1000];
  const windowEndMs = nowMs - (nowMs % windowMs) + windowMs;
  return { ...request, sameUntil: new Date(Math.min(windowEndMs, request.expiresAt.getTime())) };
}

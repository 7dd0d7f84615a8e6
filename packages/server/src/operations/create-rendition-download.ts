import { contentDisposition, type Disposition } from '../domain/content-disposition.ts';
import type { PresignedRequest } from '../object-store/object-store.ts';
import type { StoredRendition } from '../rendition-cache/rendition-cache.ts';
import type { Services } from '../services.ts';

export interface RenditionDownloadOptions {
  readonly disposition: Disposition;
  readonly filename: string;
  readonly publicOrigin: string;
}

/** How long everybody gets the same URL of a rendition: half of its life, so that it is always good for the other half. */
export const sharedSeconds = ({ settings }: Pick<Services, 'settings'>): number =>
  Math.max(1, Math.floor(settings.presignedSeconds / 2));

/** A presigned URL of a stored rendition's bytes. */
export const createRenditionDownload = (
  services: Pick<Services, 'objects' | 'settings'>,
  rendition: StoredRendition,
  { disposition, filename, publicOrigin }: RenditionDownloadOptions,
): Promise<PresignedRequest> =>
  services.objects.presignGet(rendition.key, {
    publicOrigin,
    expiresInSeconds: services.settings.presignedSeconds,
    windowSeconds: services.settings.presignedSeconds > 1 ? sharedSeconds(services) : undefined,
    contentType: rendition.contentType,
    disposition: contentDisposition(disposition, filename),
  });

import type { ReadyImage } from '../../domain/image/image.ts';
import { servedFilename } from '../../domain/image/served-filename.ts';
import { contentDisposition, type Disposition } from '../../http-semantics/content-disposition.ts';
import type { PresignedRequest } from '../../object-store/presigner.ts';
import type { Services } from '../../services.ts';

export interface DownloadOptions {
  readonly disposition: Disposition;
  readonly publicOrigin: string;
  /** An upper limit of the URL's lifetime. */
  readonly maxSeconds?: number | undefined;
}

/** A presigned URL of a ready image's bytes, with its file name. */
export const createDownload = (
  services: Pick<Services, 'presigner' | 'settings'>,
  image: ReadyImage,
  options: DownloadOptions,
): Promise<PresignedRequest> =>
  services.presigner.presignGet(image.objectKey, {
    publicOrigin: options.publicOrigin,
    expiresInSeconds: Math.max(
      1,
      Math.min(services.settings.presignedSeconds, options.maxSeconds ?? Number.POSITIVE_INFINITY),
    ),
    contentType: image.contentType,
    disposition: contentDisposition(options.disposition, servedFilename(image.filename, image.contentType)),
  });

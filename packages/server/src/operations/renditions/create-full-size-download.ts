import type { Client } from '../../domain/access/client.ts';
import { AppError } from '../../domain/errors.ts';
import type { ReadyImage } from '../../domain/image/image.ts';
import { servedFilename } from '../../domain/image/served-filename.ts';
import { fullSizeJpeg } from '../../domain/rendition/full-size-jpeg.ts';
import type { PlannedRendition } from '../../domain/rendition/planned-rendition.ts';
import type { FoundRendition, StoredRendition } from '../../domain/rendition/rendition.ts';
import type { Disposition } from '../../http-semantics/content-disposition.ts';
import type { PresignedRequest } from '../../object-store/presigner.ts';
import type { Services } from '../../services.ts';
import { createRenditionDownload } from './create-rendition-download.ts';
import type { RenderServices } from './make-renditions.ts';
import { findOrMake, tellFound } from './render-image.ts';
import { isShortOfRoom } from './room-for-files.ts';

export interface FullSizeOptions {
  readonly disposition: Disposition;
  readonly publicOrigin: string;
  readonly client: Client;
}

const CONTENT_TYPE = 'image/jpeg';

export interface FullSizeDownload extends PresignedRequest {
  readonly contentType: typeof CONTENT_TYPE;
  readonly sizeBytes: number;
}

type FullSizeServices = RenderServices & Pick<Services, 'presigner'>;

/**
 * A presigned URL of a ready image as a JPEG of its own size, which the first call makes and stores. Errors: those of
 * `renderImage`, and `insufficient-storage` if the disk keeps no rendition, because the URL can lead to a stored one
 * only.
 */
export async function createFullSizeDownload(
  services: FullSizeServices,
  image: ReadyImage,
  { disposition, publicOrigin, client }: FullSizeOptions,
): Promise<FullSizeDownload> {
  const startMs = services.clock.elapsedMs();
  const planned = fullSizeJpeg(image, services.imaging.encoder);
  // Never from the cache: another process may have removed the object since, and the answer is a URL of it.
  const stored = await services.objects.head(planned.key);
  const { sizeBytes, source } = stored
    ? { sizeBytes: stored.sizeBytes, source: 'stored' as const }
    : await make(services, image, { planned, client });
  services.observe({ event: 'rendition-found', source, elapsedMs: services.clock.elapsedMs() - startMs });
  const rendition = { key: planned.key, contentType: CONTENT_TYPE } as const;
  const filename = servedFilename(image.filename, CONTENT_TYPE);
  const request = await createRenditionDownload(services, rendition, { disposition, filename, publicOrigin });
  return { ...request, contentType: CONTENT_TYPE, sizeBytes };
}

/**
 * A ready image as a JPEG of its own size, which the first call makes, and stores if there is room. Errors: those of
 * `renderImage`.
 */
export async function findFullSize(
  services: RenderServices,
  image: ReadyImage,
  client: Client,
): Promise<StoredRendition> {
  const startMs = services.clock.elapsedMs();
  const found = await findOrMake(services, image, fullSizeJpeg(image, services.imaging.encoder), client);
  return tellFound(services, found, startMs);
}

async function make(
  services: FullSizeServices,
  image: ReadyImage,
  { planned, client }: { readonly planned: PlannedRendition; readonly client: Client },
): Promise<{ readonly sizeBytes: number; readonly source: FoundRendition['source'] }> {
  if (await isShortOfRoom(services)) throw noRoom(); // before it takes a decoder's time for nothing
  const { rendition, source } = await findOrMake(services, image, planned, client);
  if (rendition.bytes && !(await services.objects.head(planned.key))) throw noRoom(); // it would have filled the rest
  return { sizeBytes: rendition.sizeBytes, source };
}

const noRoom = (): AppError =>
  new AppError('insufficient-storage', 'expected room for the JPEG beyond the reserve of the disk; got none', {
    isExpected: true,
  });

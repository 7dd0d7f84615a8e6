import type { StoredRendition } from '../../domain/rendition/rendition.ts';
import { contentDisposition, type Disposition } from '../../http-semantics/content-disposition.ts';
import type { OpenedLink } from '../../operations/links/open-link.ts';
import { createRenditionDownload } from '../../operations/renditions/create-rendition-download.ts';
import { openRendition } from '../../operations/renditions/open-rendition.ts';
import type { Services } from '../../services.ts';
import { UNCACHED } from '../answers/answer.ts';
import { bytesAnswer, servable } from '../answers/bytes-answer.ts';
import { originalAnswer } from '../answers/original-answer.ts';
import { BRIEF_SECONDS } from '../answers/presigned-life.ts';
import { isInStore, nameOf, renditionFilename } from '../answers/rendition-answer.ts';
import { keepingHeaders, sharedKeeping } from '../answers/shared-picture.ts';
import type { RouteContext } from '../route.ts';

interface LinkAnswer {
  readonly opened: Pick<OpenedLink, 'image' | 'preset' | 'expiresAt'>;
  /** That of the link's preset, or the original as a JPEG; null: the original. */
  readonly rendition: StoredRendition | null;
  /** No URL of the store is answered for the original: its key has the id of its owner. */
  readonly streamsOriginal?: boolean;
}

/** The bytes that a link opens. */
export async function linkAnswer(
  c: RouteContext,
  services: Services,
  { opened, rendition, streamsOriginal = false }: LinkAnswer,
  disposition: Disposition,
): Promise<Response> {
  const { image, preset, expiresAt } = opened;
  const keeping = sharedKeeping(expiresAt, services.clock.now());
  const maxSeconds = Math.min(keeping.maxAgeSeconds, BRIEF_SECONDS);
  const redirects = rendition ? isInStore(services, rendition) : services.settings.redirectsBytes && !streamsOriginal;
  const keepingOfBytes = redirects ? UNCACHED : keepingHeaders(services, image.id, keeping);
  if (!rendition)
    return originalAnswer(c, services, image, {
      disposition,
      keeping: keepingOfBytes,
      maxSeconds,
      streams: streamsOriginal,
    });

  const { sizeBytes, contentType, entityTag } = rendition;
  const filename = renditionFilename(preset ? `${nameOf(image)}-${preset.name}` : nameOf(image), rendition);
  const validators = { entityTag, lastModified: null };
  const headers = { ...keepingOfBytes, 'content-disposition': contentDisposition(disposition, filename) };
  return bytesAnswer(c, servable({ sizeBytes, contentType, validators, headers }), {
    open: (range) => openRendition(services, rendition, range),
    ...(redirects && {
      async redirect() {
        const presigned = { disposition, filename, maxSeconds, publicOrigin: c.get('publicOrigin') };
        return { url: (await createRenditionDownload(services, rendition, presigned)).url, headers: UNCACHED };
      },
    }),
  });
}

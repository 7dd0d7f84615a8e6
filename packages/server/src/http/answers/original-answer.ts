import type { ReadyImage } from '../../domain/image/image.ts';
import { servedFilename } from '../../domain/image/served-filename.ts';
import { contentDisposition } from '../../http-semantics/content-disposition.ts';
import { createDownload } from '../../operations/images/create-download.ts';
import { openOriginal } from '../../operations/images/open-original.ts';
import type { Services } from '../../services.ts';
import type { RouteContext } from '../route.ts';
import { UNCACHED } from './answer.ts';
import { bytesAnswer, type Servable, servable } from './bytes-answer.ts';

/** The original, as uploaded. */
export const originalAnswer = (c: RouteContext, services: Services, image: ReadyImage): Promise<Response> =>
  bytesAnswer(c, originalOf(image), {
    open: async (range) => (await openOriginal(services, image, range)).body,
    ...(services.settings.redirectsBytes && {
      async redirect() {
        const asked = { disposition: 'inline', publicOrigin: c.get('publicOrigin') } as const;
        const { url } = await createDownload(services, image, asked);
        return { url, headers: UNCACHED };
      },
    }),
  });

const originalOf = (image: ReadyImage): Servable =>
  servable({
    sizeBytes: image.sizeBytes,
    contentType: image.contentType,
    validators: { entityTag: `"${image.sha256}"`, lastModified: image.uploadedAt },
    headers: {
      'cache-control': 'private, no-cache', // revalidated, because it may be deleted
      'content-disposition': contentDisposition('inline', servedFilename(image.filename, image.contentType)),
    },
  });

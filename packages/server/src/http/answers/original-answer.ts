import type { ReadyImage } from '../../domain/image/image.ts';
import { servedFilename } from '../../domain/image/served-filename.ts';
import { contentDisposition, type Disposition } from '../../http-semantics/content-disposition.ts';
import { createDownload } from '../../operations/images/create-download.ts';
import { openOriginal } from '../../operations/images/open-original.ts';
import type { Services } from '../../services.ts';
import type { AnswerHeaders, RouteContext } from '../route.ts';
import { OWN, UNCACHED } from './answer.ts';
import { bytesAnswer, type Servable, servable } from './bytes-answer.ts';
import { longestLife } from './presigned-life.ts';

/** How an original is sent. */
interface OriginalTerms {
  readonly disposition: Disposition;
  /** How long caches keep the bytes. */
  readonly keeping: AnswerHeaders;
  /** The longest lifetime of the presigned URL to which the store's answer redirects; absent: PRESIGNED_SECONDS. */
  readonly maxSeconds?: number | undefined;
  /** The service sends the bytes itself, also where it redirects others. */
  readonly streams?: boolean;
}

/** For callers who may read the image. Revalidated, because it may be deleted. */
const ownTerms = (c: RouteContext): OriginalTerms => ({
  disposition: 'inline',
  keeping: OWN,
  maxSeconds: longestLife(c),
});

/** The original, as uploaded. Of one that is replaced while it is read, the bytes that it has then. */
export async function originalAnswer(
  c: RouteContext,
  services: Services,
  image: ReadyImage,
  terms: OriginalTerms = ownTerms(c),
): Promise<Response> {
  try {
    return await answerOf(c, services, image, terms);
  } catch (error) {
    const current = await services.images.get(image.id);
    if (current?.status !== 'ready' || current.objectKey === image.objectKey) throw error;
    return answerOf(c, services, current, terms);
  }
}

const answerOf = (
  c: RouteContext,
  services: Services,
  image: ReadyImage,
  { keeping, streams = false, ...presigned }: OriginalTerms,
): Promise<Response> =>
  bytesAnswer(c, originalOf(image, { keeping, ...presigned }), {
    open: async (range) => (await openOriginal(services, image, range)).body,
    ...(services.settings.redirectsBytes &&
      !streams && {
        async redirect() {
          const { url } = await createDownload(services, image, { ...presigned, publicOrigin: c.get('publicOrigin') });
          return { url, headers: UNCACHED };
        },
      }),
  });

const originalOf = (image: ReadyImage, { disposition, keeping }: OriginalTerms): Servable =>
  servable({
    sizeBytes: image.sizeBytes,
    contentType: image.contentType,
    validators: { entityTag: `"${image.sha256}"`, lastModified: image.uploadedAt },
    headers: {
      ...keeping,
      'content-disposition': contentDisposition(disposition, servedFilename(image.filename, image.contentType)),
    },
  });

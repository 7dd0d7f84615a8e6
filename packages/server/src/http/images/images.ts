import { userOf } from '../../domain/access/access.ts';
import { invalidField } from '../../domain/errors.ts';
import type { Image } from '../../domain/image/image.ts';
import { acceptedType } from '../../domain/image/media-type.ts';
import { wordsIn } from '../../domain/image/search-words.ts';
import type { MetadataFilter } from '../../domain/metadata/metadata-filters.ts';
import { countImages, requireCounted } from '../../operations/counts/count-images.ts';
import { createDownload } from '../../operations/images/create-download.ts';
import { deleteImage } from '../../operations/images/delete-image.ts';
import { findByExternalId } from '../../operations/images/find-by-external-id.ts';
import { type FindImagesInput, type FoundImages, findImages } from '../../operations/images/find-images.ts';
import { readImage, readReadyImage, requireReady } from '../../operations/images/read-image.ts';
import { requireOwnedBy } from '../../operations/images/visible-image.ts';
import { createFullSizeDownload } from '../../operations/renditions/create-full-size-download.ts';
import type { Services } from '../../services.ts';
import { jsonAnswer, jsonTextAnswer, UNCACHED } from '../answers/answer.ts';
import { originalAnswer } from '../answers/original-answer.ts';
import { longestLife } from '../answers/presigned-life.ts';
import { clientOf } from '../request/client.ts';
import { parametersOf } from '../request/query.ts';
import { parse } from '../request/validation.ts';
import type { Route, RouteContext } from '../route.ts';
import { imageText, pageText, textOfFields } from './image-json.ts';
import { originalDownloadQuery } from './image-schemas.ts';
import type { ImageViews } from './image-view.ts';
import * as operations from './images.openapi.ts';
import { listQuery } from './list-query.ts';
import { metadataFiltersIn } from './metadata-filters.ts';

export const imageRoutes: readonly Route<Services & ImageViews>[] = [
  {
    method: 'GET',
    path: '/images',
    operation: operations.list,
    async handle(c, services) {
      const asked = parse(listQuery, parametersOf(c, ['q', 'external_id']), 'query');
      const metadata = metadataFiltersIn(c, services.settings.metadataFilters, asked);
      const counted = asked.count_total ? requireCounted(services, c.get('access'), countedBy(asked)) : undefined;
      const found = await find(c, services, { ...asked, metadata });
      const total = counted && (await countImages(services, counted)); // afterwards: the list may publish uploads
      const view = services.viewFor(c);
      const textOf = asked.fields ? textOfFields(asked.fields) : imageText;
      const texts = fittingTexts(found.images, (image) => textOf(image, view));
      const { nextCursor, pending } = found.endAfter(texts.length);
      const headers = nextCursor === null ? {} : { link: linkToNext(c, nextCursor) };
      return jsonTextAnswer(
        c,
        pageText({ count: texts.length, total, texts, pending, next_cursor: nextCursor }),
        headers,
      );
    },
  },
  {
    method: 'GET',
    path: '/images/:id/original',
    operation: operations.readOriginal,
    async handle(c, services) {
      const image = await readReadyImage(services, c.get('access'), c.req.param('id') ?? '', clientOf(c));
      return originalAnswer(c, services, image);
    },
  },
  {
    method: 'GET',
    path: '/images/:id/download',
    operation: operations.presign,
    async handle(c, services) {
      const { disposition, user_id: owner, format } = parse(originalDownloadQuery, parametersOf(c), 'query');
      const found = await readImage(services, c.get('access'), c.req.param('id') ?? '', clientOf(c));
      if (owner) requireOwnedBy(found, owner);
      const image = requireReady(found);
      const options = { disposition, publicOrigin: c.get('publicOrigin'), maxSeconds: longestLife(c) };
      if (format === undefined)
        return jsonAnswer(c, downloadJson(await createDownload(services, image, options)), UNCACHED);
      const made = await createFullSizeDownload(services, image, { ...options, client: clientOf(c) });
      return jsonAnswer(c, { ...downloadJson(made), content_type: made.contentType, size: made.sizeBytes }, UNCACHED);
    },
  },
  {
    method: 'DELETE',
    path: '/images/:id',
    operation: operations.remove,
    async handle(c, services) {
      const { id } = await deleteImage(services, c.get('access'), c.req.param('id') ?? '');
      return jsonAnswer(c, { message: 'Image deleted successfully', image_id: id, status: 'deleted' });
    },
  },
];

/** Lambda limits an answer to 6 MB; this leaves room for the rest. */
const MAX_PAGE_BYTES = 4 * 1_048_576;
/** Up to this many images, even the largest fit. */
const ALWAYS_FITS = 150;

/** The texts that fit into a page: at least one, so that every page makes progress. */
function fittingTexts(images: readonly Image[], textOf: (image: Image) => string): string[] {
  if (images.length <= ALWAYS_FITS) return images.map((image) => textOf(image));
  const texts: string[] = [];
  let sizeBytes = 0;
  for (const image of images) {
    const text = textOf(image);
    sizeBytes += Buffer.byteLength(text);
    if (sizeBytes > MAX_PAGE_BYTES && texts.length > 0) break;
    texts.push(text);
  }
  return texts;
}

const downloadJson = ({ url, expiresAt }: { readonly url: string; readonly expiresAt: Date }) => ({
  download_url: url,
  expires_at: expiresAt.toISOString(),
});

type Asked = ReturnType<typeof parse<typeof listQuery>> & { readonly metadata: readonly MetadataFilter[] };

function find(c: RouteContext, services: Services, asked: Asked): Promise<FoundImages> {
  const { external_id: externalId, user_id: userId, status, cursor } = asked;
  const access = c.get('access');
  if (externalId === undefined || status === 'rejected' || status === 'expired')
    return findImages(services, access, { filter: filterOf(asked, userOf(access)), cursor }, clientOf(c));
  return findByExternalId(services, access, { externalId, userId, status }, clientOf(c));
}

const countedBy = ({ user_id: userId, status = 'ready' }: Omit<Asked, 'metadata'>) => ({ userId, status });

/** A list by status defaults to the caller's own images. Expired and trashed images have no list over all owners. */
function filterOf(asked: Asked, subject: string | null): FindImagesInput['filter'] {
  const { start_date: createdFrom, end_date: createdBefore, limit, user_id: userId } = asked;
  const { order = 'newest', status = 'ready' } = asked;
  const takenFrom = asked.taken_from?.from;
  const takenBefore = asked.taken_to?.before;
  const range = { createdFrom, createdBefore, takenFrom, takenBefore, order, limit };
  if (status === 'ready') {
    const { tag: tags = [], tag_mode: tagMode = 'all', visibility, q, metadata, album } = asked;
    const contentType = acceptedType(asked.content_type ?? '');
    const filter = { ...range, status, tags, tagMode, contentType, visibility, album };
    if (q === undefined) return { ...filter, userId: ownerOfReady(asked, subject), metadata };
    const owner = userId ?? subject;
    if (owner !== null) return { ...filter, userId: owner, words: wordsIn(q), searchesFacts: true };
    throw invalidField('?user_id', 'expected a user_id with q; got none');
  }
  const owner = userId ?? subject ?? undefined;
  if (status === 'pending' || status === 'held' || status === 'rejected') return { ...range, status, userId: owner };
  if (owner !== undefined) return { ...range, status, userId: owner };
  throw invalidField('?user_id', `expected a user_id with status ${status}; got none`);
}

/** A list that is counted or filtered by metadata has one owner. */
const ownerOfReady = (
  { user_id: userId, count_total: isCounted, metadata }: Asked,
  subject: string | null,
): string | undefined => (isCounted || metadata.length > 0 ? (userId ?? subject ?? undefined) : userId);

/** RFC 8288: the next page of the same list. */
function linkToNext(c: RouteContext, cursor: string): string {
  const url = new URL(c.req.url);
  url.searchParams.set('cursor', cursor);
  return `<${c.get('publicOrigin')}${c.req.path}${url.search}>; rel="next"`;
}

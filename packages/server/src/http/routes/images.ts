import { parseRange } from '../../domain/byte-range.ts';
import { contentDisposition } from '../../domain/content-disposition.ts';
import { AppError } from '../../domain/errors.ts';
import { acceptedType } from '../../domain/media-type.ts';
import { isRangeCurrent, judgePreconditions } from '../../domain/preconditions.ts';
import { speakingAs } from '../../domain/principal.ts';
import { rememberEach } from '../../domain/remember.ts';
import { createDownload } from '../../operations/create-download.ts';
import { deleteImage } from '../../operations/delete-image.ts';
import { type FindImagesInput, findImages } from '../../operations/find-images.ts';
import { openOriginal } from '../../operations/open-original.ts';
import { readReadyImage } from '../../operations/read-image.ts';
import type { Services } from '../../services.ts';
import { addHeaders, answer, jsonAnswer, jsonTextAnswer } from '../answer.ts';
import { imageJson, imageText, pageText } from '../image-json.ts';
import { queryOf } from '../query.ts';
import type { Route, RouteContext } from '../route.ts';
import { bytesQuery, changeQuery, downloadQuery, listQuery } from '../schemas/images.ts';
import { parameters, parse } from '../validation.ts';
import * as operations from './images.openapi.ts';

const query = (c: RouteContext) => parameters(queryOf(c));

export const imageRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/images',
    operation: operations.list,
    async handle(c, services) {
      const { bucket } = services.objects;
      const asked = parse(listQuery, query(c), 'query');
      const page = await findImages(services, c.get('principal'), {
        filter: filterOf(asked, c.get('principal').subject),
        cursor: asked.cursor,
        sizeOf: (image) => Buffer.byteLength(imageText(image, bucket)),
      });
      const texts = page.images.map((image) => imageText(image, bucket));
      const headers = page.nextCursor === null ? {} : { link: linkToNext(c, page.nextCursor) };
      return jsonTextAnswer(c, pageText({ count: texts.length, texts, next_cursor: page.nextCursor }), headers);
    },
  },
  {
    method: 'GET',
    path: '/images/:id',
    operation: operations.read,
    async handle(c, services) {
      const { download } = parse(bytesQuery, query(c), 'query');
      const image = await readReadyImage(services, c.get('principal'), c.req.param('id') ?? '');
      if (download !== 'true') return originalAnswer(c, services, image);
      const publicOrigin = c.get('publicOrigin');
      const request = await createDownload(services, image, { disposition: 'attachment', publicOrigin });
      return jsonAnswer(c, {
        image_id: image.id,
        presigned_url: request.url,
        expires_at: request.expiresAt.toISOString(),
        metadata: imageJson(image, services.objects.bucket),
      });
    },
  },
  {
    method: 'GET',
    path: '/images/:id/download',
    operation: operations.presign,
    async handle(c, services) {
      const { disposition } = parse(downloadQuery, query(c), 'query');
      const image = await readReadyImage(services, c.get('principal'), c.req.param('id') ?? '');
      const request = await createDownload(services, image, { disposition, publicOrigin: c.get('publicOrigin') });
      return jsonAnswer(c, { download_url: request.url, expires_at: request.expiresAt.toISOString() });
    },
  },
  {
    method: 'DELETE',
    path: '/images/:id',
    operation: operations.remove,
    async handle(c, services) {
      const { user_id } = parse(changeQuery, query(c), 'query');
      const id = c.req.param('id') ?? '';
      await deleteImage(services, speakingAs(c.get('principal'), user_id, '?user_id'), id);
      return jsonAnswer(c, { message: 'Image deleted successfully', image_id: id.toLowerCase(), status: 'deleted' });
    },
  },
];

type Asked = ReturnType<typeof parse<typeof listQuery>>;

/** Only ready images are listed across users: what is pending or was refused is its owner's affair. */
function filterOf(asked: Asked, subject: string | null): FindImagesInput['filter'] {
  const { start_date: createdFrom, end_date: createdBefore, order, limit, status, user_id: userId } = asked;
  const range = { createdFrom, createdBefore, order, limit };
  if (status === 'ready') {
    const contentType = acceptedType(asked.content_type ?? '');
    return { ...range, status, userId, tags: asked.tag ?? [], tagMode: asked.tag_mode ?? 'all', contentType };
  }
  const owner = userId ?? subject ?? undefined;
  if (owner !== undefined) return { ...range, status, userId: owner };
  const detail = `expected a user_id with status ${status}; came none`;
  throw new AppError('invalid-request', `?user_id: ${detail}`, { errors: [{ pointer: '?user_id', detail }] });
}

/** RFC 8288: the same list, further on. */
function linkToNext(c: RouteContext, cursor: string): string {
  const url = new URL(c.req.url);
  url.searchParams.set('cursor', cursor);
  return `<${c.get('publicOrigin')}${url.pathname}${url.search}>; rel="next"`;
}

/** Stored bytes are shown, never run: a picture that is also a page stays a picture. */
const BYTES_POLICY = "sandbox; default-src 'none'";

type Ready = Awaited<ReturnType<typeof readReadyImage>>;

/** What is said of an original: of every answer, of its bytes, of all of them. */
const originalHeaders = rememberEach((image: Ready) => {
  const validators = { entityTag: `"${image.sha256}"`, lastModified: image.uploadedAt };
  const shared = {
    etag: validators.entityTag,
    'last-modified': image.uploadedAt.toUTCString(),
    'cache-control': 'private, no-cache', // kept, but asked about: it may be deleted
    'content-security-policy': BYTES_POLICY,
  };
  const described = {
    ...shared,
    'accept-ranges': 'bytes',
    'content-type': image.contentType,
    'content-disposition': contentDisposition('inline', image.filename),
  };
  return { validators, shared, described, whole: { ...described, 'content-length': String(image.sizeBytes) } };
});

/** The original as it was uploaded, whole or a range of it (RFC 9110 13 and 14). */
async function originalAnswer(c: RouteContext, services: Services, image: Ready): Promise<Response> {
  const { validators, shared, described, whole } = originalHeaders(image);
  const header = (name: string) => c.req.header(name);
  const verdict = judgePreconditions(header, validators);
  if (verdict === 'not-modified') return answer(c, null, 304, shared);
  if (verdict === 'failed' && !services.settings.redirectsBytes)
    // the store has entity tags of its own
    throw new AppError(
      'revision-conflict',
      'expected other bytes, by If-Match or If-Unmodified-Since; these are what there is',
    );

  if (c.req.method === 'HEAD') return answer(c, null, 200, whole); // ranges are of GET only (RFC 9110 14.2)

  if (services.settings.redirectsBytes) {
    const { url } = await createDownload(services, image, {
      disposition: 'inline',
      publicOrigin: c.get('publicOrigin'),
    });
    return answer(c, null, 302, { location: url, 'cache-control': 'private, no-store' }); // the URL ends before long
  }
  const range = isRangeCurrent(header, validators) ? parseRange(header('range'), image.sizeBytes) : undefined;
  if (range === 'unsatisfiable') {
    addHeaders(c, { 'content-range': `bytes */${image.sizeBytes}` });
    throw new AppError(
      'range-not-satisfiable',
      `expected a range within ${image.sizeBytes} bytes; came ${header('range')}`,
    );
  }
  const object = await openOriginal(services, image, range);
  if (!range) return answer(c, object.body, 200, whole);
  return answer(c, object.body, 206, {
    ...described,
    'content-length': String(range.end - range.start + 1),
    'content-range': `bytes ${range.start}-${range.end}/${image.sizeBytes}`,
  });
}

import { contentDisposition } from '../../domain/content-disposition.ts';
import { acceptedType } from '../../domain/media-type.ts';
import { speakingAs } from '../../domain/principal.ts';
import { createDownload } from '../../operations/create-download.ts';
import { deleteImage } from '../../operations/delete-image.ts';
import { findImages } from '../../operations/find-images.ts';
import { openOriginal } from '../../operations/open-original.ts';
import { readImage } from '../../operations/read-image.ts';
import { imageJson } from '../image-json.ts';
import type { Route, RouteContext } from '../route.ts';
import { bytesQuery, deleteQuery, downloadQuery, listQuery } from '../schemas.ts';
import { parameters, parse } from '../validation.ts';
import * as operations from './images.openapi.ts';

const query = (c: RouteContext) => parameters(new URL(c.req.url).searchParams);

/** Stored bytes are shown, never run: a picture that is also a page stays a picture. */
const BYTES_POLICY = "sandbox; default-src 'none'";

export const imageRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/images',
    operation: operations.list,
    async handle(c, services) {
      const filter = parse(listQuery, query(c), 'query');
      const images = await findImages(services, c.var.principal, {
        userId: filter.user_id,
        tags: filter.tag ?? [],
        contentType: acceptedType(filter.content_type ?? ''),
        createdFrom: filter.start_date,
        createdBefore: filter.end_date,
        limit: filter.limit,
      });
      return c.json({
        count: images.length,
        images: images.map((image) => imageJson(image, services.objects.bucket)),
      });
    },
  },
  {
    method: 'GET',
    path: '/images/:id',
    operation: operations.read,
    async handle(c, services) {
      const { download } = parse(bytesQuery, query(c), 'query');
      const image = await readImage(services, c.var.principal, c.req.param('id') ?? '');
      if (download === 'true') {
        const { publicOrigin } = c.var;
        const request = createDownload(services, image, { disposition: 'attachment', publicOrigin });
        return c.json({
          image_id: image.id,
          presigned_url: request.url,
          expires_at: request.expiresAt.toISOString(),
          metadata: imageJson(image, services.objects.bucket),
        });
      }
      const headers = {
        'Content-Type': image.contentType,
        'Content-Length': String(image.sizeBytes),
        'Content-Disposition': contentDisposition('inline', image.filename),
        'Content-Security-Policy': BYTES_POLICY,
        ETag: `"${image.sha256}"`,
      };
      if (c.req.method === 'HEAD') return c.body(null, 200, headers);
      const object = await openOriginal(services, image);
      return c.body(object.body, 200, headers);
    },
  },
  {
    method: 'GET',
    path: '/images/:id/download',
    operation: operations.presign,
    async handle(c, services) {
      const { disposition } = parse(downloadQuery, query(c), 'query');
      const image = await readImage(services, c.var.principal, c.req.param('id') ?? '');
      const request = createDownload(services, image, { disposition, publicOrigin: c.var.publicOrigin });
      return c.json({ download_url: request.url, expires_at: request.expiresAt.toISOString() });
    },
  },
  {
    method: 'DELETE',
    path: '/images/:id',
    operation: operations.remove,
    async handle(c, services) {
      const { user_id } = parse(deleteQuery, query(c), 'query');
      const id = c.req.param('id') ?? '';
      await deleteImage(services, speakingAs(c.var.principal, user_id, '?user_id'), id);
      return c.json({ message: 'Image deleted successfully', image_id: id.toLowerCase(), status: 'deleted' });
    },
  },
];

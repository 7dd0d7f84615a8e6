import { MEDIA_TYPES } from '../../domain/image/media-type.ts';
import { BYTES_DETAILS, BYTES_PROBLEMS, BYTES_RESPONSES, MAKE_PROBLEMS } from '../answers/picture.openapi.ts';
import { WORK_PROBLEMS } from '../answers/problem.openapi.ts';
import { EXAMPLE_ID } from '../request/path-parts.ts';
import type { Operation } from '../route.ts';
import {
  changeQuery,
  deletion,
  download,
  EXAMPLE_DOWNLOAD_URL,
  EXAMPLE_EXPIRY,
  EXAMPLE_IMAGE,
  EXAMPLE_JPEG_URL,
  imageList,
  originalDownloadQuery,
} from './image-schemas.ts';
import { listQuery } from './list-query.ts';

export const list: Operation = {
  id: 'listImages',
  summary: 'List images',
  description:
    'Continue with `next_cursor` (or the `Link` header) until it is null; a page may be shorter than its limit. An unknown parameter is a 400, because ignoring it would list more than requested.\n\n`metadata.NAME=value`, for each name in METADATA_FILTERS of the service, lists images of one user whose own metadata has exactly that text (1 to 100 bytes of UTF-8) under that name.',
  tag: 'images',
  query: listQuery,
  refusesUnknownNames: true,
  readsMetadataFilters: true,
  headers: ['X-User-Id'],
  responses: {
    200: {
      description: 'A page of images that match every filter.',
      headers: { Link: 'The next page, `rel="next"`; absent at the end (RFC 8288).' },
      json: imageList,
      examples: {
        last: { summary: 'The last page', value: { count: 1, images: [EXAMPLE_IMAGE], next_cursor: null } },
        more: {
          summary: 'A page with a successor',
          value: { count: 1, images: [EXAMPLE_IMAGE], next_cursor: 'AaH4K4DYcDychhuLpCA40Q.3Yx0...' },
        },
        counted: {
          summary: 'With count_total=true',
          value: { count: 1, total: 1_234, images: [EXAMPLE_IMAGE], next_cursor: 'AaH4K4DYcDychhuLpCA40Q.3Yx0...' },
        },
        fields: {
          summary: 'With fields=filename,revision',
          value: {
            count: 1,
            images: [{ image_id: EXAMPLE_ID, filename: EXAMPLE_IMAGE.filename, revision: EXAMPLE_IMAGE.revision }],
            next_cursor: null,
          },
        },
        examining: {
          summary: 'Two uploads are still being verified',
          value: { count: 0, images: [], next_cursor: null, pending: 2 },
        },
      },
    },
  },
  problems: ['invalid-cursor', 'unsupported-type', 'search-unsupported', ...WORK_PROBLEMS],
};

export const readOriginal: Operation = {
  id: 'readOriginal',
  summary: "The original's bytes",
  tag: 'images',
  headers: ['Range', 'If-None-Match'],
  responses: {
    200: {
      description: 'The uploaded bytes.',
      headers: { ETag: "Of the bytes: the original's SHA-256." },
      mediaTypes: MEDIA_TYPES,
    },
    ...BYTES_RESPONSES,
  },
  problems: BYTES_PROBLEMS,
  details: BYTES_DETAILS,
};

export const presign: Operation = {
  id: 'downloadImage',
  summary: 'A presigned URL of the original, under its file name, or of a JPEG of its size',
  description:
    'With `format=jpeg` the URL leads to a JPEG that any program shows: as large as the original, upright, in sRGB, transparency on white, of an animation the first frame, and without metadata. The first request makes it, which may take seconds; it is stored like a rendition by a signed URL. `docs/transforms.md` has the details.',
  tag: 'images',
  query: originalDownloadQuery,
  responses: {
    200: {
      description: 'The URL and its expiry.',
      json: download,
      examples: {
        url: { summary: 'A URL', value: { download_url: EXAMPLE_DOWNLOAD_URL, expires_at: EXAMPLE_EXPIRY } },
        jpeg: {
          summary: 'With format=jpeg',
          value: {
            download_url: EXAMPLE_JPEG_URL,
            expires_at: EXAMPLE_EXPIRY,
            content_type: 'image/jpeg',
            size: 2_214_806,
          },
        },
      },
    },
  },
  problems: MAKE_PROBLEMS,
};

export const remove: Operation = {
  id: 'deleteImage',
  summary: 'Delete an image and its bytes',
  tag: 'images',
  query: changeQuery,
  headers: ['X-User-Id'],
  responses: {
    200: {
      description: 'The image is deleted.',
      json: deletion,
      examples: {
        gone: {
          summary: 'The image is deleted',
          value: { message: 'Image deleted successfully', image_id: EXAMPLE_ID, status: 'deleted' },
        },
      },
    },
  },
  problems: ['forbidden', 'image-not-found', 'insufficient-storage'],
};

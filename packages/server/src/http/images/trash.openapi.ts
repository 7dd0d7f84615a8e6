import { EXAMPLE_ID } from '../request/path-parts.ts';
import type { Operation } from '../route.ts';
import { changeQuery, EXAMPLE_IMAGE, image, NOT_TRASHED, trashedImage } from './image-schemas.ts';

export const trash: Operation = {
  id: 'trashImage',
  summary: 'Move an image to the trash',
  description:
    'Only a ready image. Until it is restored only `GET /images?status=trashed` and `restore` find it, and DELETE; at `purge_at` it is deleted for good. A repeated call answers the same.',
  tag: 'images',
  query: changeQuery,
  headers: ['X-User-Id'],
  responses: {
    200: {
      description: 'The image is in the trash.',
      json: trashedImage,
      examples: {
        trashed: {
          summary: 'The image is in the trash',
          value: { image_id: EXAMPLE_ID, status: 'trashed', purge_at: '2026-03-02T12:00:00.000Z' },
        },
      },
    },
  },
  problems: ['forbidden', 'image-not-found', 'image-not-ready', 'route-not-found', 'insufficient-storage'],
};

export const restore: Operation = {
  id: 'restoreImage',
  summary: 'Restore an image from the trash',
  description:
    'With its id, bytes, renditions, tags and `upload_time`; its revision goes up. An image that is not in the trash is a 404.',
  tag: 'images',
  query: changeQuery,
  headers: ['X-User-Id'],
  responses: {
    200: {
      description: 'The ready image.',
      headers: { ETag: 'Of this JSON, as `"<revision>.<hash>"`.' },
      json: image,
      examples: { ready: { summary: 'A ready image', value: EXAMPLE_IMAGE } },
    },
  },
  problems: ['forbidden', 'image-not-found', 'route-not-found', 'insufficient-storage'],
  details: { 'image-not-found': NOT_TRASHED },
};

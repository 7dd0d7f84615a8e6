import { MEDIA_TYPES } from '../../domain/media-type.ts';
import { deletion, download, imageList, presigned } from '../responses.ts';
import type { Operation } from '../route.ts';
import { bytesQuery, deleteQuery, downloadQuery, listQuery } from '../schemas.ts';

export const list: Operation = {
  id: 'listImages',
  summary: 'List ready images, newest first',
  tag: 'images',
  query: listQuery,
  responses: { 200: { description: 'A page of images that match every filter.', content: { json: imageList } } },
  problems: [400],
};

export const read: Operation = {
  id: 'readImage',
  summary: "The original's bytes",
  tag: 'images',
  query: bytesQuery,
  responses: {
    200: {
      description: 'The bytes as they were uploaded; with `download=true` a presigned URL and the image in JSON.',
      content: { json: presigned, mediaTypes: MEDIA_TYPES },
    },
  },
  problems: [400, 404, 409],
};

export const presign: Operation = {
  id: 'downloadImage',
  summary: 'A presigned URL of the original, under its file name',
  tag: 'images',
  query: downloadQuery,
  responses: { 200: { description: 'The URL and when it ends.', content: { json: download } } },
  problems: [400, 404, 409],
};

export const remove: Operation = {
  id: 'deleteImage',
  summary: 'Delete an image and its bytes',
  tag: 'images',
  query: deleteQuery,
  takesUser: true,
  responses: { 200: { description: 'It is gone.', content: { json: deletion } } },
  problems: [400, 403, 404],
};

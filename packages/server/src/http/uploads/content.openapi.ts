import { MEDIA_TYPES } from '../../domain/image/media-type.ts';
import { REJECTION_PROBLEMS, WORK_PROBLEMS } from '../answers/problem.openapi.ts';
import { changeQuery, EXAMPLE_IMAGE, image } from '../images/image-schemas.ts';
import type { Operation } from '../route.ts';
import { bytes } from './uploads.openapi.ts';

/** As refusals name it. */
export const CONTENT_BODY = 'image/*, the bytes of the image alone';

export const replace: Operation = {
  id: 'replaceContent',
  summary: 'Replace the bytes of an image',
  description:
    'The image keeps its id, description, links, albums and visibility; type, size, facts and renditions are those of the new bytes. Until they are verified, and if they are refused, it stays as it is. With `If-Match` only that revision is replaced. The answer is the image; a held upload, with `replaces`, if a check takes longer. Larger files: `POST /uploads` with `replaces`. To a caller that may not read the image, such as the holder of an upload token, the answer tells what the new bytes are, and nothing that was said about the image.',
  tag: 'images',
  query: changeQuery,
  headers: ['X-User-Id', 'If-Match', 'Idempotency-Key'],
  body: Object.fromEntries([...MEDIA_TYPES, 'application/octet-stream'].map((type) => [type, { schema: bytes }])),
  responses: {
    200: {
      description: 'The image with the new bytes.',
      headers: { ETag: 'Of this JSON, as `"<revision>.<hash>"`.' },
      json: image,
      examples: { image: { summary: 'The image', value: EXAMPLE_IMAGE } },
    },
  },
  problems: [
    ...REJECTION_PROBLEMS,
    'unsupported-body',
    'body-interrupted',
    'upload-token-used-up',
    'quota-exceeded',
    'idempotency-conflict',
    'idempotency-in-progress',
    'forbidden',
    'image-not-found',
    'image-not-ready',
    'revision-conflict',
    ...WORK_PROBLEMS,
  ],
  details: { 'unsupported-body': `expected ${CONTENT_BODY}; got text/csv` },
};

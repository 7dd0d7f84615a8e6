import * as z from 'zod';
import { MEDIA_TYPES } from '../../domain/image/media-type.ts';
import { BYTES_DETAILS, BYTES_PROBLEMS, BYTES_RESPONSES } from '../answers/picture.openapi.ts';
import {
  bytesQuery,
  deletedImage,
  EXAMPLE_DOWNLOAD_URL,
  EXAMPLE_IMAGE,
  image,
  trashedImage,
} from '../images/image-schemas.ts';
import { EXAMPLE_ID } from '../request/path-parts.ts';
import type { Operation } from '../route.ts';
import {
  directForm,
  EXAMPLE_FORM_GRANT,
  EXAMPLE_GRANT,
  earlierBase64Body,
  earlierGrantBody,
  grant,
  grantQuery,
} from '../uploads/upload-schemas.ts';
import { bytes, DIRECT_PROBLEMS, GRANT_EXAMPLES } from '../uploads/uploads.openapi.ts';

/** The answer to an upload: a grant, or the image. */
const uploadAnswer = z.union([grant, image, trashedImage, deletedImage]);

const presigned = z
  .object({ image_id: z.uuid(), presigned_url: z.url(), expires_at: z.iso.datetime(), metadata: image })
  .meta({ id: 'PresignedImage' });

/** A complete image of one pixel, so that the example works. */
const ONE_PIXEL_PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGM44aAFAAMGATP8IUsGAAAAAElFTkSuQmCC';

export const upload: Operation = {
  id: 'upload',
  summary: 'Upload an image, or get a presigned URL to upload it to',
  description: [
    'For clients of the earlier services; new ones use `POST /uploads` and `POST /images`. The body decides:',
    '`multipart/form-data` with a part `file`, an `image/*` body, or JSON with `file` in base64 upload directly, and the',
    'answer is the verified image. The bytes tell the type of a body without `Content-Type` or of',
    '`application/octet-stream`. JSON without `file`, or an empty body with a query, answers a grant: send the bytes to',
    '`upload_url` with its `method` and `headers`.',
  ].join(' '),
  tag: 'compatibility',
  query: grantQuery,
  headers: ['X-User-Id', 'Idempotency-Key'],
  body: {
    'multipart/form-data': { schema: directForm.extend({ file: bytes }) },
    'application/json': {
      schema: z.union([earlierGrantBody, earlierBase64Body]),
      examples: {
        ...GRANT_EXAMPLES,
        base64: {
          summary: 'The image, in base64',
          value: {
            user_id: 'user123',
            file: ONE_PIXEL_PNG,
            metadata: { filename: 'pixel.png', content_type: 'image/png', tags: ['sample'] },
          },
        },
      },
    },
    ...Object.fromEntries([...MEDIA_TYPES, 'application/octet-stream'].map((type) => [type, { schema: bytes }])),
  },
  mayLackBody: true,
  responses: {
    200: {
      description: 'A grant, or the verified image.',
      json: uploadAnswer,
      examples: {
        grant: { summary: 'A grant', value: EXAMPLE_GRANT },
        form_grant: { summary: 'A grant for a form', value: EXAMPLE_FORM_GRANT },
        image: { summary: 'The verified image', value: EXAMPLE_IMAGE },
      },
    },
  },
  problems: DIRECT_PROBLEMS,
};

export const read: Operation = {
  id: 'readImage',
  summary: "The original's bytes, or a presigned URL of them",
  description: 'For clients of the earlier services; new ones use `/images/{id}/original` and `/images/{id}/download`.',
  tag: 'compatibility',
  query: bytesQuery,
  headers: ['Range', 'If-None-Match'],
  responses: {
    200: {
      description: 'The uploaded bytes; with `download=true` a presigned URL and the image in JSON.',
      headers: { ETag: "Of the bytes: the original's SHA-256." },
      json: presigned,
      examples: {
        presigned: {
          summary: 'With download=true',
          value: {
            image_id: EXAMPLE_ID,
            presigned_url: EXAMPLE_DOWNLOAD_URL,
            expires_at: EXAMPLE_GRANT.expires_at,
            metadata: EXAMPLE_IMAGE,
          },
        },
      },
      mediaTypes: MEDIA_TYPES,
    },
    ...BYTES_RESPONSES,
  },
  problems: BYTES_PROBLEMS,
  details: BYTES_DETAILS,
};

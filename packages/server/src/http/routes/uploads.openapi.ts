import { z } from 'zod';
import { MEDIA_TYPES } from '../../domain/image/media-type.ts';
import { EXAMPLE_FORM_GRANT, EXAMPLE_GRANT, EXAMPLE_IMAGE } from '../contract/example-answers.ts';
import { BODY_PROBLEMS, REJECTION_PROBLEMS, uploadAnswer, WORK_PROBLEMS } from '../contract/responses.ts';
import type { Operation } from '../route.ts';
import { base64Body, directForm, grantBody, grantQuery } from '../schemas/uploads.ts';

const bytes = z.string().meta({ format: 'binary' });

/** A complete image of one pixel, so that the example works. */
const ONE_PIXEL_PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGM44aAFAAMGATP8IUsGAAAAAElFTkSuQmCC';

export const upload: Operation = {
  id: 'upload',
  summary: 'Upload an image, or get a presigned URL to upload it to',
  description: [
    'One route; the body decides. `multipart/form-data` with a part `file`, an `image/*` body, or JSON with `file` in',
    'base64 upload directly, and the answer is the verified image. JSON without `file`, or an empty body with a query,',
    'answers a grant: send the bytes to `upload_url` with its `method` and `headers`.',
  ].join(' '),
  tag: 'compatibility',
  query: grantQuery,
  headers: ['X-User-Id', 'Idempotency-Key'],
  body: {
    'multipart/form-data': { schema: directForm.extend({ file: bytes }) },
    'application/json': {
      schema: z.union([grantBody, base64Body]),
      examples: {
        grant: {
          summary: 'A grant: the bytes go to its URL by PUT',
          value: { user_id: 'user123', content_type: 'image/jpeg', tags: ['profile'], description: 'Sample image' },
        },
        exact_grant: {
          summary: 'A grant for exactly these bytes',
          value: {
            user_id: 'user123',
            content_type: 'image/jpeg',
            filename: 'sunset.jpg',
            size: EXAMPLE_IMAGE.size,
            sha256: EXAMPLE_IMAGE.sha256,
          },
        },
        form_grant: {
          summary: 'A grant for an HTML form: the bytes go there by POST, after its fields',
          value: { user_id: 'user123', content_type: 'image/jpeg', method: 'POST', metadata: { camera: 'x' } },
        },
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
    ...Object.fromEntries(MEDIA_TYPES.map((type) => [type, { schema: bytes }])),
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
  problems: [
    ...BODY_PROBLEMS,
    ...REJECTION_PROBLEMS,
    'unsupported-body',
    'idempotency-conflict',
    'idempotency-in-progress',
    ...WORK_PROBLEMS,
  ],
};

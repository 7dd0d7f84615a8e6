import { z } from 'zod';
import { MEDIA_TYPES } from '../../domain/media-type.ts';
import { grant, image } from '../responses.ts';
import type { Operation } from '../route.ts';
import { base64Body, directForm, grantBody, grantQuery } from '../schemas.ts';

const bytes = z.string().meta({ format: 'binary' });

export const upload: Operation = {
  id: 'upload',
  summary: 'Upload an image, or get a presigned URL to upload it to',
  description: [
    'One route; the body decides. `multipart/form-data` with a part `file`, an `image/*` body, or JSON with `file` in',
    'base64 upload directly, and the answer is the verified image. JSON without `file`, or an empty body with a query,',
    'answers a grant: send the bytes to `upload_url` with its `method` and `headers`.',
  ].join(' '),
  tag: 'images',
  query: grantQuery,
  takesUser: true,
  body: {
    'multipart/form-data': { schema: directForm.extend({ file: bytes }) },
    'application/json': {
      schema: z.union([grantBody, base64Body]),
      example: { user_id: 'user123', content_type: 'image/jpeg', tags: ['profile'], description: 'Sample image' },
    },
    ...Object.fromEntries(MEDIA_TYPES.map((type) => [type, { schema: bytes }])),
  },
  responses: { 200: { description: 'A grant, or the verified image.', content: { json: z.union([grant, image]) } } },
  problems: [400, 429, 507],
};

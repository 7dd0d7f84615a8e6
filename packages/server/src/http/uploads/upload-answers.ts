import * as z from 'zod';
import { EXAMPLE_EXPIRY, image } from '../images/image-answers.ts';
import { EXAMPLE_ID } from '../request/path-parts.ts';

export const grant = z
  .object({
    image_id: z.uuid(),
    upload_url: z.url().meta({ description: 'Accepts the bytes, with exactly this method and these headers.' }),
    method: z.enum(['PUT', 'POST']),
    headers: z.record(z.string(), z.string()),
    fields: z
      .record(z.string(), z.string())
      .optional()
      .meta({ description: "With POST: the form's fields, before its `file`." }),
    expires_at: z.iso.datetime(),
    max_size: z.int().meta({ description: 'Bytes.' }),
    status: z.literal('pending'),
  })
  .meta({ id: 'Grant' });

/** The answer of `POST /uploads`, in one shape also after the upload. */
export const upload = grant
  .extend({
    upload_url: z.url().nullable().meta({
      description:
        'Accepts the bytes, with exactly this method and these headers; null if a repeated Idempotency-Key is of an upload that is no longer pending.',
    }),
    expires_at: z.iso.datetime().nullable().meta({ description: 'null without an upload_url.' }),
    status: image.shape.status,
  })
  .meta({ id: 'Upload' });

export const uploadToken = z
  .object({
    token: z.string().meta({ description: 'The credential, for `Authorization: Bearer`.' }),
    token_id: z.string().meta({ description: 'Names the token in the audit. It is no secret.' }),
    user_id: z.string().meta({ description: 'Whose uploads they are.' }),
    expires_at: z.iso.datetime(),
  })
  .meta({ id: 'UploadToken' });

const UPLOAD_URL = `http://127.0.0.1:8000/objects/safelight/incoming/user123/${EXAMPLE_ID}`;

export const EXAMPLE_GRANT = {
  image_id: EXAMPLE_ID,
  upload_url: `${UPLOAD_URL}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=300&X-Amz-Signature=...`,
  method: 'PUT',
  headers: { 'Content-Type': 'image/jpeg' },
  expires_at: EXAMPLE_EXPIRY,
  max_size: 52_428_800,
  status: 'pending',
};

export const EXAMPLE_FORM_GRANT = {
  ...EXAMPLE_GRANT,
  upload_url: 'http://127.0.0.1:8000/objects/safelight',
  method: 'POST',
  headers: {},
  fields: {
    key: `incoming/user123/${EXAMPLE_ID}`,
    'Content-Type': 'image/jpeg',
    policy: 'eyJleHBpcmF0aW9uIjoiMjAyNi0wMS0zMVQxMjowNTowMFoi...',
    'x-amz-signature': '...',
  },
};

/** No token of any service. */
export const EXAMPLE_TOKEN = {
  token: `slu_${'x'.repeat(120)}.${'x'.repeat(43)}`,
  token_id: 'q7Zt0cJ4nXW9sYdB2uLk3A',
  user_id: 'user123',
  expires_at: '2026-01-31T12:10:00.000Z',
};

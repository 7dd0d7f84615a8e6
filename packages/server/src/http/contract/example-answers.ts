import type { ErrorCode, FieldError } from '../../domain/errors.ts';
import { toProblem } from '../problem.ts';

/** Example answers in openapi.json. A test validates each against its schema. */

export const EXAMPLE_ID = '01a1f82b-80d8-703c-9c86-1b8ba42038d1';
const SHA256 = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';
const ATTEMPT = '01a1f82b-9a3e-7c51-8f0e-5d1f6b7c2a90';
const UPLOAD_URL = `http://127.0.0.1:8000/objects/safelight/incoming/user123/${EXAMPLE_ID}`;

export const EXAMPLE_IMAGE = {
  image_id: EXAMPLE_ID,
  user_id: 'user123',
  filename: 'sunset.jpg',
  content_type: 'image/jpeg',
  size: 482_133,
  width: 4_032,
  height: 3_024,
  sha256: SHA256,
  status: 'ready',
  tags: ['sunset', 'beach'],
  description: 'Sunset at the beach',
  metadata: { camera: 'x' },
  focal_point: { x: 0.25, y: 0.4 },
  visibility: 'private',
  s3_key: `images/user123/${EXAMPLE_ID}/${ATTEMPT}/sunset.jpg`,
  s3_url: `s3://safelight/images/user123/${EXAMPLE_ID}/${ATTEMPT}/sunset.jpg`,
  created_at: '2026-01-31T12:00:00.000Z',
  upload_time: '2026-01-31T12:00:04.210Z',
  updated_at: '2026-01-31T12:00:04.210Z',
  revision: 2,
  placeholder: '1QcSHQRnh493V4dIh4eXh1h4kJUI',
  dominant_color: '#b5784a',
  renditions: {
    thumb: `http://127.0.0.1:8000/images/${EXAMPLE_ID}/renditions/thumb?v=4e1f0a7c92`,
    medium: `http://127.0.0.1:8000/images/${EXAMPLE_ID}/renditions/medium?v=b06d3c5581`,
    large: `http://127.0.0.1:8000/images/${EXAMPLE_ID}/renditions/large?v=97c2e8d340`,
  },
};

export const EXAMPLE_REJECTED = {
  ...EXAMPLE_IMAGE,
  ...{ size: null, width: null, height: null, sha256: null, s3_key: null, s3_url: null, upload_time: null },
  focal_point: null,
  visibility: 'private',
  placeholder: null,
  dominant_color: null,
  renditions: null,
  status: 'rejected',
  rejection: { code: 'unreadable-image', detail: 'expected a JPEG that ends with its EOI marker; got a truncated one' },
};

export const EXAMPLE_GRANT = {
  image_id: EXAMPLE_ID,
  upload_url: `${UPLOAD_URL}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=300&X-Amz-Signature=...`,
  method: 'PUT',
  headers: { 'Content-Type': 'image/jpeg' },
  expires_at: '2026-01-31T12:05:00.000Z',
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

export const EXAMPLE_DOWNLOAD_URL = `http://127.0.0.1:8000/objects/safelight/${EXAMPLE_IMAGE.s3_key}?X-Amz-Signature=...`;

export const EXAMPLE_RENDITION_URL = `http://127.0.0.1:8000/objects/safelight/renditions/1c8e/${EXAMPLE_ID}/preset/5d0f7f9b6c1e4a83b2d47c90e81fa365?X-Amz-Signature=...`;

export const EXAMPLE_RENDER_URL = `http://127.0.0.1:8000/images/${EXAMPLE_ID}/render?w=512&h=300&fit=cover&exp=1769864400&kid=1f0c9d2e&sig=...`;

export const EXAMPLE_LINK_ID = 'pV4mYk0sQx2fT7hJb9NcRw';

export const EXAMPLE_LINK = {
  link_id: EXAMPLE_LINK_ID,
  url: `http://127.0.0.1:8000/images/${EXAMPLE_ID}/links/${EXAMPLE_LINK_ID}?exp=1770465600&kid=1f0c9d2e&sig=...`,
  what: 'preset',
  preset: 'medium',
  created_at: '2026-01-31T12:00:00.000Z',
  expires_at: '2026-02-07T12:00:00.000Z',
};

export const EXAMPLE_KEY_ID = '0UiGeyDE8ZsCkq2W';
/** No key of any service: its checksum is wrong. */
export const EXAMPLE_KEY_TEXT = `safelight_${EXAMPLE_KEY_ID}_${'x'.repeat(43)}000000`;

export const EXAMPLE_KEY = {
  key_id: EXAMPLE_KEY_ID,
  name: 'backend of the shop',
  owner: null,
  acts_as: ['*'],
  scopes: ['images:read', 'images:write'],
  created_at: '2026-01-31T12:00:00.000Z',
  expires_at: null,
  last_used_at: '2026-01-31T12:34:56.000Z',
  revoked_at: null,
};

/** No token of any service. */
export const EXAMPLE_TOKEN = {
  token: `slu_${'x'.repeat(120)}.${'x'.repeat(43)}`,
  token_id: 'q7Zt0cJ4nXW9sYdB2uLk3A',
  user_id: 'user123',
  expires_at: '2026-01-31T12:10:00.000Z',
};
export const EXAMPLE_USAGE = {
  user_id: 'user123',
  bytes: 964_266,
  images: 2,
  pending: 1,
  reserved_bytes: 52_428_800,
  trashed_bytes: 482_133,
  limits: { bytes: 5_000_000_000, images: null, pending: 1_000 },
};
export const EXAMPLE_OWNER = { ...EXAMPLE_USAGE, has_own_limits: true };

const field = (pointer: string, detail: string): FieldError => ({ pointer, detail });

/** A typical `detail`, or the fields that form it. */
const SAID = {
  'invalid-request': [field('?limit', 'expected a whole number from 1 to 1000; got "0"')],
  'malformed-body': 'expected JSON; got another body: Unexpected end of JSON input',
  'unsupported-body':
    'expected multipart/form-data, image/*, application/json, or an empty body with a query; got text/csv',
  'invalid-cursor': 'expected a next_cursor of this service, with the filters of its list; got another cursor',
  'search-unsupported': 'expected a list without q, since this service keeps no words; got q',
  'body-interrupted': 'expected the whole body; got a part before the connection ended',
  'empty-upload': 'expected the bytes of an image; got an empty body',
  'upload-too-large': 'expected at most 5242880 bytes; got 7340032',
  'unsupported-type': [
    field(
      '/content_type',
      'expected one of image/jpeg, image/png, image/webp, image/gif, image/avif; got "image/tiff"',
    ),
  ],
  'type-mismatch': 'expected image/jpeg, as declared; got image/png',
  'content-mismatch': 'expected 482133 bytes; got 482134',
  'unreadable-image': 'expected a JPEG that ends with its EOI marker; got a truncated one',
  'too-many-pixels': 'expected at most 52,428,800 pixels; got 65,536 x 65,536',
  'processing-failed': 'expected a result from the decoder; got a crash',
  'rendition-failed': 'given up after 5 attempts: expected a result from the decoder; got a crash',
  'signature-invalid': 'expected a URL signed by this service; got another signature',
  'link-expired': 'expected a URL that has not expired; got one that expired at 2026-01-31T13:00:00.000Z',
  'upload-token-used-up': 'expected an upload token for one more upload; got one for 10, all used',
  'quota-exceeded': 'expected at most 5368709120 bytes; got 482133 more, with 5368709120 used',
  'link-not-found': 'Link not found',
  'too-many-links': 'expected fewer than 50 links that have not expired; got 50: revoke one first',
  'unknown-preset': 'expected one of thumb, medium, large; got tiny',
  unauthenticated: 'expected a valid credential, as Authorization: Bearer; got none',
  'missing-scope': 'expected a credential with the scope images:write; got one without it',
  forbidden: `Image ${EXAMPLE_ID} belongs to another user`,
  'origin-not-allowed': 'expected an origin listed in CORS_ORIGINS; got https://elsewhere.example',
  'forwarded-request':
    'expected a direct HTTP/1.1 request from this machine; got one with x-forwarded-for, as proxies send (see AUTH and ALLOW_OPEN)',
  'image-not-found': 'Image not found',
  'key-not-found': 'API key not found',
  'key-already-rotated':
    'expected a key whose successor was never used; got one that the key 0UiGeyCh9OzwyLrC replaced: rotate that one',
  'route-not-found': 'expected a route; got /image',
  'method-not-allowed': 'expected GET, HEAD; got PUT',
  'image-not-ready': 'expected a ready image; got status pending',
  'upload-missing': 'expected the uploaded bytes; got none yet',
  'idempotency-conflict': [
    field('Idempotency-Key', 'expected the request first sent with 0b5f1f4e-holiday-7; got another'),
  ],
  'idempotency-in-progress':
    'expected the first request with 0b5f1f4e-holiday-7 to have ended; got one that still runs',
  'revision-conflict': 'expected revision "2"; got revision "3"',
  'range-not-satisfiable': 'expected a range within 482133 bytes; got bytes=600000-',
  'misdirected-host':
    'expected the Host localhost, 127.0.0.1, [::1], or a name in PUBLIC_URL or ALLOWED_HOSTS; got images.example.org. If it is a name of this service, add it to ALLOWED_HOSTS',
  overloaded: 'expected a free place to decode; got 64 others ahead',
  'rate-limited': 'expected at most 24000 requests of the policy grant in 60 s; got more: try again in 12 s',
  'decoder-failed': 'expected a result from the decoder; got a crash',
  unavailable: 'Another process is writing to the database: try again later',
  'insufficient-storage': 'expected free space on the disk; got a full disk',
  internal: 'Internal error; the log has its cause under this request_id',
} as const satisfies Record<ErrorCode, string | readonly FieldError[]>;

const REQUEST_ID = 'f8a4cbf1-5b0e-4a35-8a3c-0d2f3f0b7a11';

export const exampleProblem = (code: ErrorCode, said: string | readonly FieldError[] = SAID[code]) => {
  const errors = typeof said === 'string' ? [] : said;
  const detail = typeof said === 'string' ? said : said.map((one) => `${one.pointer}: ${one.detail}`).join('. ');
  return toProblem({ code, detail, errors, policy: code === 'rate-limited' ? 'grant' : undefined }, REQUEST_ID);
};

export const EXAMPLE_PROBLEMS = Object.fromEntries(
  (Object.keys(SAID) as ErrorCode[]).map((code) => [code, exampleProblem(code)]),
) as Record<ErrorCode, ReturnType<typeof exampleProblem>>;

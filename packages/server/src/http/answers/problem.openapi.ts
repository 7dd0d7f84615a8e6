import * as z from 'zod';
import type { ErrorCode, FieldError, RejectionCode } from '../../domain/errors.ts';
import { codesWith } from '../../domain/params-by-code.ts';
import { PARAM_NAMES, paramSchema } from '../../domain/problem-params.ts';
import { PROBLEMS, toProblem } from '../problem.ts';
import { unsupportedType } from '../request/content-type.ts';
import { EXAMPLE_ID } from '../request/path-parts.ts';

/** One flat object: of several objects whose members are all optional a generated client can't choose. */
export const problemParams = z
  .looseObject(
    Object.fromEntries(
      PARAM_NAMES.map((name) => {
        const description = `Of ${codesWith(name)
          .map((code) => `\`${code}\``)
          .join(', ')}.`;
        return [
          name,
          z
            .unknown()
            .optional()
            .meta({ ...paramSchema(name), description }),
        ];
      }),
    ),
  )
  .meta({
    id: 'ProblemParams',
    description:
      'The values that `detail` says in words. Each is absent if it is not known; docs/problems.md lists them by code.',
  });

export const problem = z
  .object({
    type: z.string().meta({ description: "The code's entry in docs/problems.md." }),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: 'A sentence for a person: what was expected, and what the service got.' }),
    error: z.string().meta({ description: 'The same as `detail`, for clients of the earlier services.' }),
    code: z.enum(Object.keys(PROBLEMS)),
    request_id: z.string(),
    policy: z
      .string()
      .optional()
      .meta({ description: 'With `rate-limited`: the rate limit that is used up, as in `RateLimit-Policy`.' }),
    params: problemParams.optional(),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
    quota: z
      .object({
        limit: z.enum(['bytes', 'images', 'pending']),
        max: z.int(),
        used: z.int(),
        reserved: z.int(),
        asked: z.int(),
      })
      .optional()
      .meta({ description: 'Of `quota-exceeded`: which limit, and the numbers that exceed it together.' }),
  })
  .meta({ id: 'Problem' });

/** Problems of reading a complete body. */
export const BODY_PROBLEMS = [
  'malformed-body',
  'upload-too-large',
  'body-interrupted',
  'overloaded',
] as const satisfies readonly ErrorCode[];

/** Reasons for refusing an image's bytes. */
export const REJECTION_PROBLEMS = [
  'empty-upload',
  'upload-too-large',
  'unsupported-type',
  'type-mismatch',
  'unreadable-image',
  'too-many-pixels',
  'processing-failed',
] as const satisfies readonly RejectionCode[];

/** Problems of examining a pending image or storing its bytes. */
export const WORK_PROBLEMS = [
  'overloaded',
  'decoder-failed',
  'insufficient-storage',
] as const satisfies readonly ErrorCode[];

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
  'unsupported-type': [field('/content_type', unsupportedType('image/bmp'))],
  'type-mismatch': 'expected image/jpeg, as declared; got image/png',
  'content-mismatch': 'expected 482133 bytes; got 482134',
  'unreadable-image': 'expected a JPEG that ends with its EOI marker; got one that is cut off',
  'too-many-pixels': 'expected at most 52,428,800 pixels in a PNG; got 65,536 x 65,536',
  'processing-failed': 'expected a result from the decoder; got a crash',
  'refused-by-gate': 'expected an image without known malware; got one in which the scanner found some',
  'fetch-failed': 'expected a picture at the URL; got an answer that nothing is there',
  'rendition-failed': 'given up after 5 attempts: expected a result from the decoder; got a crash',
  'signature-invalid':
    'expected a URL signed by this service; got one that was changed after it was signed, or cut: every parameter is signed',
  'cursor-expired':
    'expected a cursor of the last 7 days, with all events after it in the log; got one without: start again at params.oldest_cursor',
  'password-required': 'expected a valid pass of this link, as Authorization: Bearer; got none',
  'wrong-password': 'expected the password of this link; got another',
  'link-expired': 'expected a URL that has not expired; got one that expired at 2026-01-31T13:00:00.000Z',
  'upload-token-used-up': 'expected an upload token for one more upload; got one for 10, all used',
  'quota-exceeded': 'expected at most 5368709120 bytes; got 482133 more, with 5368709120 used',
  'user-erased': 'expected a user whom the service takes something from or for; got one whose data was deleted',
  'user-not-found': 'expected a user whose deletion was asked for; got another, or one of whom nothing was found',
  'album-not-found': 'Album not found',
  'link-not-found': 'Link not found',
  'album-full': 'expected at most 100000 images in an album; got 12 more, with 99990',
  'too-many-links': 'expected fewer than 50 links that have not expired; got 50: revoke one first',
  'webhook-not-found': 'Webhook not found',
  'too-many-webhooks': 'expected fewer than 20 webhooks; got 20: remove one first',
  'unknown-preset': 'expected one of thumb, tile, small, medium, large; got tiny',
  unauthenticated: 'expected a valid credential, as Authorization: Bearer; got none',
  'missing-scope': 'expected a credential with the scope images:write; got one without it',
  forbidden: `Image ${EXAMPLE_ID} belongs to another user`,
  'origin-not-allowed': 'expected an origin listed in CORS_ORIGINS; got https://elsewhere.example',
  'forwarded-request':
    'expected a direct HTTP/1.1 request from this machine; got one with x-forwarded-for, as proxies send (see AUTH and ALLOW_OPEN)',
  'origin-secret-required': 'expected a request through the CDN of this service; got one around it',
  'image-not-found': 'Image not found',
  'key-not-found': 'API key not found',
  'key-already-rotated':
    'expected a key whose successor was never used; got one that the key 0UiGeyCh9OzwyLrC replaced: rotate that one',
  'route-not-found': 'expected a path that /docs lists; got /image: did you mean `/images`?',
  'method-not-allowed': 'expected GET, HEAD; got PUT',
  'image-not-ready': 'expected a ready image; got status pending',
  'upload-missing': 'expected the uploaded bytes; got none yet',
  'already-decided':
    'expected the verdict pass, which is recorded for the gate human-review and these bytes; got refuse',
  'not-awaited': 'expected an image that is held or pending; got status ready',
  'idempotency-conflict': [
    field('Idempotency-Key', 'expected the request first sent with 0b5f1f4e-holiday-7; got another'),
  ],
  'idempotency-in-progress':
    'expected the first request with 0b5f1f4e-holiday-7 to have ended; got one that still runs',
  'external-id-taken': [
    field(
      '/external_id',
      `expected an external_id that no other image of the user has; got "order-1042/front", which the ready image ${EXAMPLE_ID} has`,
    ),
  ],
  'former-id-taken': `expected a former id that no other image has; got 0b5f1f4e-3c1d-4f6a-9b7e-2f6d8a1c5e90, which the ready image ${EXAMPLE_ID} has`,
  'revision-conflict': 'expected revision "2"; got revision "3"',
  'range-not-satisfiable': 'expected a range within 482133 bytes; got bytes=600000-',
  'misdirected-host':
    'expected the Host localhost, 127.0.0.1, [::1], or a name in PUBLIC_URL or ALLOWED_HOSTS; got images.example.org. If it is a name of this service, add it to ALLOWED_HOSTS',
  overloaded: 'expected a free place to decode; got 64 others ahead',
  'rate-limited': 'expected at most 24000 requests of the policy grant in 60 s; got more: try again in 12 s',
  'decoder-failed': 'expected a result from the decoder; got a crash',
  unavailable: 'Another process is writing to the database: try again later',
  'insufficient-storage': 'expected free space on the disk; got a full disk',
  'original-lost': 'expected the stored bytes of the image; got none: an operator can restore them',
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

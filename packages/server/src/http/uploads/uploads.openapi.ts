import * as z from 'zod';
import { BODY_PROBLEMS, EXAMPLE_PROBLEMS, REJECTION_PROBLEMS, WORK_PROBLEMS } from '../answers/problem.openapi.ts';
import { changeQuery, EXAMPLE_IMAGE, image } from '../images/image-schemas.ts';
import type { Operation } from '../route.ts';
import { describedFetchBody, EXAMPLE_FETCHED, fetchAnswer } from './fetch-schemas.ts';
import { describedPartsBody, EXAMPLE_UPLOAD_PARTS, uploadParts } from './parts-schemas.ts';
import {
  directForm,
  EXAMPLE_FORM_GRANT,
  EXAMPLE_GRANT,
  EXAMPLE_PARTS_GRANT,
  formQuery,
  grantBody,
  upload,
} from './upload-schemas.ts';

export const bytes = z.string().meta({ format: 'binary' });

/** The bodies that the routes accept, as their refusals name them. */
export const GRANT_BODY = 'application/json (POST /images accepts the image in a form)';
export const FORM_BODY =
  'multipart/form-data with the image in its part "file" (POST /uploads accepts JSON, and so does this path, with a URL, where INGEST_HOSTS is set)';

const EXAMPLE_URL = 'https://images.example.org/sunset.jpg';

const LOCATION = {
  Location:
    "The image's JSON: `/images/{id}/metadata`. Absent if a repeated `Idempotency-Key` is of a trashed or deleted image.",
};

export const DIRECT_PROBLEMS = [
  ...BODY_PROBLEMS,
  ...REJECTION_PROBLEMS,
  'unsupported-body',
  'upload-token-used-up',
  'quota-exceeded',
  'external-id-taken',
  'idempotency-conflict',
  'idempotency-in-progress',
  ...WORK_PROBLEMS,
] as const satisfies Operation['problems'];

export const GRANT_EXAMPLES = {
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
};

const PARTS_EXAMPLE = {
  summary: 'A grant for a large picture: the bytes go in parts',
  value: { user_id: 'user123', content_type: 'image/tiff', filename: 'scan.tif', size: 41_203_283, parts: true },
};

export const create: Operation = {
  id: 'createUpload',
  summary: 'Get a presigned URL to upload an image to',
  description:
    'Send the bytes to `upload_url` with its `method` and `headers`, before `expires_at`. A repeated `Idempotency-Key` answers the same upload: signed anew while it is pending, later its status without a URL.',
  tag: 'images',
  query: changeQuery,
  refusesUnknownNames: true,
  headers: ['X-User-Id', 'Idempotency-Key'],
  body: { 'application/json': { schema: grantBody, examples: { ...GRANT_EXAMPLES, parts_grant: PARTS_EXAMPLE } } },
  responses: {
    201: {
      description: 'A grant for one upload.',
      headers: LOCATION,
      json: upload,
      examples: {
        grant: { summary: 'A grant', value: EXAMPLE_GRANT },
        form_grant: { summary: 'A grant for a form', value: EXAMPLE_FORM_GRANT },
        parts_grant: { summary: 'A grant for an upload in parts', value: EXAMPLE_PARTS_GRANT },
        used: {
          summary: 'A repeated Idempotency-Key, after the upload',
          value: { ...EXAMPLE_GRANT, upload_url: null, headers: {}, expires_at: null, status: 'ready' },
        },
      },
    },
  },
  problems: [
    ...BODY_PROBLEMS,
    'unsupported-body',
    'unsupported-type',
    'upload-token-used-up',
    'quota-exceeded',
    'external-id-taken',
    'idempotency-conflict',
    'insufficient-storage',
  ],
  details: { 'unsupported-body': `expected ${GRANT_BODY}; got text/csv` },
};

export const parts: Operation = {
  id: 'grantParts',
  summary: 'URLs for parts of an upload, and what has arrived',
  description:
    'For an upload that was granted with `parts`. Send each part by PUT to its URL, any number of times and in any order; `POST /images/{id}/complete` then ends the upload. Answers the status of an upload that is no longer pending.',
  tag: 'images',
  query: changeQuery,
  refusesUnknownNames: true,
  headers: ['X-User-Id'],
  body: {
    'application/json': {
      schema: describedPartsBody,
      examples: {
        first: { summary: 'The first that are missing', value: {} },
        some: { summary: 'These', value: { parts: [{ number: 3 }, { number: 4 }] } },
      },
    },
  },
  responses: {
    200: {
      description: 'What has arrived, and the URLs.',
      json: uploadParts,
      examples: { parts: { summary: 'Two of twelve have arrived', value: EXAMPLE_UPLOAD_PARTS } },
    },
  },
  problems: [...BODY_PROBLEMS, 'forbidden', 'image-not-found', 'insufficient-storage'],
};

export const store: Operation = {
  id: 'uploadImage',
  summary: 'Upload an image in one request',
  description:
    'The answer is the verified image; a refused one leaves nothing behind. With JSON, where INGEST_HOSTS is set, the service fetches the bytes of one URL or of up to 100 and verifies them after its answer; the image then says what became of it. Of a batch each item has its own result, in the order of the request, and an `Idempotency-Key` covers all of them. Each field may also be a query parameter. A repeated `Idempotency-Key` answers the image of the first request; if that is trashed or deleted, only its id, user, type, status and times: the other fields are as those of an image without bytes and description.',
  tag: 'images',
  query: formQuery,
  refusesUnknownNames: true,
  headers: ['X-User-Id', 'Idempotency-Key'],
  body: {
    'multipart/form-data': { schema: directForm.extend({ file: bytes }).strict() },
    'application/json': {
      schema: describedFetchBody,
      examples: {
        url: { summary: 'One URL', value: { user_id: 'user123', url: EXAMPLE_URL, tags: ['profile'] } },
        urls: {
          summary: 'Two URLs',
          value: { images: [{ url: EXAMPLE_URL }, { url: EXAMPLE_URL, filename: 'a.jpg' }] },
        },
      },
    },
  },
  responses: {
    202: {
      description: 'Images whose bytes the service fetches.',
      headers: LOCATION,
      json: fetchAnswer,
      examples: {
        url: { summary: 'One URL', value: EXAMPLE_FETCHED },
        urls: {
          summary: 'One is fetched, one was refused',
          value: {
            count: 1,
            results: [
              { index: 0, image: EXAMPLE_FETCHED },
              { index: 1, error: EXAMPLE_PROBLEMS['invalid-request'] },
            ],
          },
        },
      },
    },
    201: {
      description: 'The verified image.',
      headers: LOCATION,
      json: image,
      examples: { image: { summary: 'The verified image', value: EXAMPLE_IMAGE } },
    },
  },
  problems: DIRECT_PROBLEMS,
  details: {
    'unsupported-body': `expected ${FORM_BODY}; got text/csv`,
    'malformed-body': 'expected a complete multipart/form-data body; got a part: Unexpected end of multipart data',
  },
};

import {
  BYTES_DETAILS,
  MAKE_PROBLEMS,
  RENDER_PROBLEMS,
  RENDITION_TYPES,
  TO_STORE,
} from '../answers/picture.openapi.ts';
import { changeQuery, downloadQuery, EXAMPLE_EXPIRY } from '../images/image-schemas.ts';
import { EXAMPLE_ID } from '../request/path-parts.ts';
import type { Operation } from '../route.ts';
import { EXAMPLE_RENDITION_URL, presetQuery, purge, renditionDownload } from './rendition-schemas.ts';

export const readPreset: Operation = {
  id: 'readRendition',
  summary: 'A rendition by a preset',
  description:
    'Made on the first request, unless the preset is eager, and then stored. A preset without a format follows the `Accept` header. Needs no credential if the URL is signed, as in the image’s JSON, or the image is public: without a credential the answer is the same 401 for every other image and for none. With `trashed=true` of an image in the trash: for callers who may see it by their credential (anyone in open mode); a rendition that isn’t stored is made, and not kept.',
  tag: 'renditions',
  query: presetQuery,
  refusesUnknownNames: true,
  headers: ['Range', 'If-None-Match'],
  responses: {
    200: {
      description: 'The bytes.',
      headers: {
        ETag: 'The ETag of these bytes.',
        'Cache-Control':
          'By a signature: public, until the URL expires, and for a day at most. Of a public image without a credential: public. By a credential: to be revalidated. In open mode: `immutable` if `v` is current, else to be revalidated. Of an image in the trash: `private, no-store`.',
        Vary: '`Accept` where the preset names no format.',
      },
      mediaTypes: RENDITION_TYPES,
    },
    206: {
      description: 'The requested range.',
      headers: { 'Content-Range': 'The position of these bytes, and the total size.' },
      mediaTypes: RENDITION_TYPES,
    },
    302: {
      description:
        'With `BYTES=redirect`: to a presigned URL of the store, which stays the same for a while. Not with `trashed=true`.',
      headers: TO_STORE,
    },
    304: { description: "The client's copy is current." },
  },
  problems: ['unknown-preset', 'signature-invalid', 'link-expired', ...RENDER_PROBLEMS],
  details: BYTES_DETAILS,
};

export const downloadPreset: Operation = {
  id: 'downloadRendition',
  summary: 'A presigned URL of a rendition by a preset, under its file name',
  description: 'A preset without a format follows the `Accept` header.',
  tag: 'renditions',
  query: downloadQuery,
  refusesUnknownNames: true,
  responses: {
    200: {
      description: 'The URL and its expiry, and what it leads to.',
      headers: { Vary: '`Accept` where the preset names no format.' },
      json: renditionDownload,
      examples: {
        url: {
          summary: 'A URL',
          value: {
            download_url: EXAMPLE_RENDITION_URL,
            expires_at: EXAMPLE_EXPIRY,
            content_type: 'image/webp',
            size: 8_214,
          },
        },
      },
    },
  },
  problems: ['unknown-preset', ...MAKE_PROBLEMS],
};

const purged = {
  200: {
    description: 'The renditions are removed; the next request makes them again.',
    json: purge,
    examples: { two: { summary: 'Two were stored', value: { image_id: EXAMPLE_ID, removed: 2 } } },
  },
} as const;

export const purgePreset: Operation = {
  id: 'purgeRendition',
  summary: "Remove one preset's renditions of an image",
  description: 'In every format. A rendition that was given up may be tried again.',
  tag: 'renditions',
  query: changeQuery,
  headers: ['X-User-Id'],
  responses: purged,
  problems: ['unknown-preset', 'forbidden', 'image-not-found', 'image-not-ready', 'insufficient-storage'],
};

export const purgeAll: Operation = {
  id: 'purgeRenditions',
  summary: 'Remove all renditions of an image',
  tag: 'renditions',
  query: changeQuery,
  headers: ['X-User-Id'],
  responses: purged,
  problems: ['forbidden', 'image-not-found', 'image-not-ready', 'insufficient-storage'],
};

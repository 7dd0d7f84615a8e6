import * as z from 'zod';
import { BYTES_DETAILS, RENDER_PROBLEMS, RENDITION_TYPES, TO_STORE } from '../answers/picture.openapi.ts';
import { BODY_PROBLEMS, EXAMPLE_PROBLEMS, problem } from '../answers/problem.openapi.ts';
import { EXAMPLE_ID } from '../request/path-parts.ts';
import type { Operation } from '../route.ts';
import {
  EXAMPLE_RENDER_URL,
  renderLink,
  renderLinkBody,
  renderLinksBody,
  renderOfBatch,
  renderQuery,
} from './rendition-schemas.ts';

export const render: Operation = {
  id: 'renderImage',
  summary: 'A rendition by a signed URL',
  description:
    'The URL comes from `render-url`; anyone with the URL may read the rendition. docs/transforms.md shows each parameter. Renditions are stored for 30 days, up to 64 per image.',
  tag: 'renditions',
  query: renderQuery,
  headers: ['Range', 'If-None-Match'],
  responses: {
    200: {
      description: 'The bytes.',
      headers: {
        ETag: 'The ETag of these bytes.',
        'Cache-Control': 'Public, until the URL expires, and for a day at most.',
        Vary: '`Accept` where the URL names no format.',
      },
      mediaTypes: RENDITION_TYPES,
    },
    206: {
      description: 'The requested range.',
      headers: { 'Content-Range': 'The position of these bytes, and the total size.' },
      mediaTypes: RENDITION_TYPES,
    },
    302: {
      description: 'With `BYTES=redirect`: to a presigned URL of the store, which stays the same for a while.',
      headers: TO_STORE,
    },
    304: { description: "The client's copy is current." },
  },
  problems: ['signature-invalid', 'link-expired', 'route-not-found', ...RENDER_PROBLEMS],
  details: BYTES_DETAILS,
};

const expires_at = '2026-01-31T13:00:00.000Z';
const ASKED = { w: 512, h: 300, fit: 'cover', expires_in: 3_600 };

export const link: Operation = {
  id: 'linkToRender',
  summary: 'Sign a URL for any size and shape',
  description: 'The fields are the parameters of the URL. Signing renders nothing.',
  tag: 'renditions',
  headers: ['X-User-Id'],
  body: {
    'application/json': {
      schema: renderLinkBody,
      examples: { cover: { summary: '512 by 300 pixels, for an hour', value: ASKED } },
    },
  },
  responses: {
    200: {
      description: 'The URL and its expiry.',
      json: renderLink,
      examples: { url: { summary: 'A URL', value: { image_id: EXAMPLE_ID, url: EXAMPLE_RENDER_URL, expires_at } } },
    },
  },
  problems: ['image-not-found', 'route-not-found', ...BODY_PROBLEMS],
};

export const linkMany: Operation = {
  id: 'linkToRenders',
  summary: 'Up to 1,000 signed URLs at once',
  description:
    'Each render has its own result, in the order of the request. The answer comes after at most 25 s: an unfinished item is `unavailable`.',
  tag: 'renditions',
  headers: ['X-User-Id'],
  body: {
    'application/json': {
      schema: renderLinksBody.extend({
        renders: z.array(renderOfBatch).min(1).max(1_000),
      }),
      examples: {
        one: { summary: 'One image', value: { user_id: 'user123', renders: [{ image_id: EXAMPLE_ID, ...ASKED }] } },
      },
    },
  },
  responses: {
    200: {
      description: 'A URL or a problem for each render.',
      json: z.object({
        count: z.int().meta({ description: 'The number of successes.' }),
        results: z.array(renderLink.partial().extend({ index: z.int(), error: problem.optional() })),
      }),
      examples: {
        mixed: {
          summary: 'One was signed, one is unknown',
          value: {
            count: 1,
            results: [
              { index: 0, image_id: EXAMPLE_ID, url: EXAMPLE_RENDER_URL, expires_at },
              { index: 1, error: EXAMPLE_PROBLEMS['image-not-found'] },
            ],
          },
        },
      },
    },
  },
  problems: ['route-not-found', ...BODY_PROBLEMS],
};

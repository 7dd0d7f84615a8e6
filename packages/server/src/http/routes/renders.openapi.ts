import { z } from 'zod';
import { EXAMPLE_ID, EXAMPLE_PROBLEMS, EXAMPLE_RENDER_URL } from '../example-answers.ts';
import { BODY_PROBLEMS, problem, RENDER_PROBLEMS, renderLink } from '../responses.ts';
import type { Operation } from '../route.ts';
import { renderLinkBody, renderLinksBody, renderOfBatch, renderQuery, transformFields } from '../schemas/renditions.ts';
import { RENDITION_TYPES } from './renditions.openapi.ts';

export const render: Operation = {
  id: 'renderImage',
  summary: 'An image as a signed URL wants it',
  description:
    'The URL comes from `render-url`; whoever has it may have the picture. docs/transforms.md shows what each parameter does. Stored for 30 days, up to 64 of one image.',
  tag: 'renditions',
  query: renderQuery,
  headers: ['Range', 'If-None-Match'],
  responses: {
    200: {
      description: 'The bytes.',
      headers: {
        ETag: 'Of these bytes.',
        'Cache-Control': 'For all caches, until the URL ends.',
        Vary: '`Accept` where the URL names no format.',
      },
      mediaTypes: RENDITION_TYPES,
    },
    206: {
      description: 'The range that was asked for.',
      headers: { 'Content-Range': 'Which bytes these are, and of how many.' },
      mediaTypes: RENDITION_TYPES,
    },
    302: { description: 'With `BYTES=redirect`: to a presigned URL of the store, the same for all for a while.' },
    304: { description: 'The client has these bytes.' },
  },
  problems: ['signature-invalid', 'link-expired', 'route-not-found', ...RENDER_PROBLEMS],
};

const expires_at = '2026-01-31T13:00:00.000Z';
const ASKED = { w: 512, h: 300, fit: 'cover', expires_in: 3_600 };

export const link: Operation = {
  id: 'linkToRender',
  summary: 'A signed URL of any size and shape of an image',
  description: 'The fields are the parameters of the URL. Costs no rendering.',
  tag: 'renditions',
  headers: ['X-User-Id'],
  body: {
    'application/json': {
      schema: renderLinkBody.extend(transformFields),
      examples: { cover: { summary: '512 by 300 pixels, for an hour', value: ASKED } },
    },
  },
  responses: {
    200: {
      description: 'The URL and when it ends.',
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
    'Each with its own result, in their order. Answered after 25 s at most: what was not done by then is `unavailable`.',
  tag: 'renditions',
  headers: ['X-User-Id'],
  body: {
    'application/json': {
      schema: renderLinksBody.extend({ renders: z.array(renderOfBatch.extend(transformFields)).min(1).max(1_000) }),
      examples: {
        one: { summary: 'One image', value: { user_id: 'user123', renders: [{ image_id: EXAMPLE_ID, ...ASKED }] } },
      },
    },
  },
  responses: {
    200: {
      description: 'A URL or a problem for each.',
      json: z.object({
        count: z.int().meta({ description: 'How many of them succeeded.' }),
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

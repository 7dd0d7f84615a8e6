import * as z from 'zod';
import { BODY_PROBLEMS, EXAMPLE_PROBLEMS, problem } from '../answers/problem.openapi.ts';
import type { Operation } from '../route.ts';
import { batchGrantBody, EXAMPLE_GRANT, grantBody, upload } from './upload-schemas.ts';

const count = z.int().meta({ description: 'The number of successes.' });

export const grantMany: Operation = {
  id: 'grantUploads',
  summary: 'Up to 100 grants at once',
  description:
    'Each upload has its own result, in the order of the request. An `Idempotency-Key` covers all of them. The answer comes after at most 25 s: an unfinished item is `unavailable`, and `detail` says whether it was started.',
  tag: 'images',
  refusesUnknownNames: true,
  headers: ['X-User-Id', 'Idempotency-Key'],
  body: {
    'application/json': {
      schema: batchGrantBody.extend({ uploads: z.array(grantBody).min(1).max(100) }),
      examples: {
        two: {
          summary: 'Two uploads of one user',
          value: { user_id: 'user123', uploads: [{ content_type: 'image/jpeg' }, { content_type: 'image/png' }] },
        },
      },
    },
  },
  responses: {
    200: {
      description:
        'A grant or a problem for each upload; a grant has no URL if the upload of an earlier request with the same key is no longer pending.',
      json: z.object({
        count,
        results: z.array(z.object({ index: z.int(), grant: upload.optional(), error: problem.optional() })),
      }),
      examples: {
        mixed: {
          summary: 'One was granted, one was not',
          value: {
            count: 1,
            results: [
              { index: 0, grant: EXAMPLE_GRANT },
              { index: 1, error: EXAMPLE_PROBLEMS['unsupported-type'] },
            ],
          },
        },
      },
    },
  },
  problems: [...BODY_PROBLEMS, 'insufficient-storage'],
};

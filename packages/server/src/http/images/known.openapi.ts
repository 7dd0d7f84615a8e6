import { BODY_PROBLEMS } from '../answers/problem.openapi.ts';
import { EXAMPLE_ID } from '../request/path-parts.ts';
import type { Operation } from '../route.ts';
import { knownBody, knownList } from './known-schemas.ts';

const EXAMPLE_DIGEST = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

export const findKnown: Operation = {
  id: 'findKnown',
  summary: 'Find images by their bytes',
  description:
    'Which of up to 1,000 files a user has already: for each SHA-256 that one of the stored images has, one image, a ready one before one that is held or in the trash. Those that nobody has are left out. Where `GET /` says `search`; counts as a read for each digest. Not with tokens.',
  tag: 'images',
  headers: ['X-User-Id'],
  body: {
    'application/json': {
      schema: knownBody,
      examples: { one: { summary: 'One file', value: { user_id: 'user123', sha256: [EXAMPLE_DIGEST] } } },
    },
  },
  responses: {
    200: {
      description: 'The known ones, in the order of the request.',
      json: knownList,
      examples: {
        known: {
          summary: 'One that is there',
          value: { count: 1, images: [{ sha256: EXAMPLE_DIGEST, image_id: EXAMPLE_ID, status: 'ready' }] },
        },
      },
    },
  },
  problems: [...BODY_PROBLEMS, 'search-unsupported'],
  details: {
    'search-unsupported':
      'expected another request, since this service finds no images by their bytes; got one that does',
  },
};

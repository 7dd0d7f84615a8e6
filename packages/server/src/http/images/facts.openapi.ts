import { WORK_PROBLEMS } from '../answers/problem.openapi.ts';
import type { Operation } from '../route.ts';
import { allFacts, EXAMPLE_ALL_FACTS } from './facts-schemas.ts';

export const readFacts: Operation = {
  id: 'readFacts',
  summary: 'What a picture says about itself',
  description:
    'Also what no other answer has: where it was taken, and its texts. For keys and tokens that read all images of the user (`images:read`), and for everybody without `AUTH`. Of an image whose bytes are verified. Originals carry the same facts, so a link to one does too.',
  tag: 'images',
  responses: {
    200: {
      description: 'All facts. No cache keeps them.',
      json: allFacts,
      examples: { photograph: { summary: 'A photograph', value: EXAMPLE_ALL_FACTS } },
    },
  },
  problems: ['image-not-found', 'image-not-ready', ...WORK_PROBLEMS],
  details: { 'image-not-ready': 'expected an image whose bytes are verified; got status pending' },
};

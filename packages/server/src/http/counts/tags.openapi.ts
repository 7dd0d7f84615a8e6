import { WORK_PROBLEMS } from '../answers/problem.openapi.ts';
import type { Operation } from '../route.ts';
import { tagList, tagsQuery } from './tags-schemas.ts';

export const listTags: Operation = {
  id: 'listTags',
  summary: 'List tags in use',
  description:
    "The tags of a user's ready images that begin with `prefix`: the first 50 in the order of their code points, with how many images have each: up to 1,000, and up to 20 behind tags that have 5,000 together. For suggestions while somebody types. Where `GET /` says `search`; one user only: needs user_id (or X-User-Id).",
  tag: 'images',
  query: tagsQuery,
  refusesUnknownNames: true,
  headers: ['X-User-Id'],
  responses: {
    200: {
      description: 'Tags.',
      json: tagList,
      examples: {
        tags: {
          summary: 'Two tags',
          value: {
            count: 2,
            tags: [
              { tag: 'sea', images: 1_000, more: true },
              { tag: 'seagull', images: 12, more: false },
            ],
          },
        },
      },
    },
  },
  problems: ['search-unsupported', ...WORK_PROBLEMS],
  details: {
    'search-unsupported': 'expected another request, since this service has no list of tags; got one for tags',
  },
};

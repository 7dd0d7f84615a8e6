import { WORK_PROBLEMS } from '../answers/problem.openapi.ts';
import type { Operation } from '../route.ts';
import { monthList, monthsQuery } from './months-schemas.ts';

export const listMonths: Operation = {
  id: 'listMonths',
  summary: 'Count images by month of capture',
  description:
    'The ready images of a user, or with records in SQLite or PostgreSQL of all, in each month that has some, the latest first: what a time line in the order `taken-newest` needs. An image that says no date counts by its upload in UTC. Exact.',
  tag: 'images',
  query: monthsQuery,
  refusesUnknownNames: true,
  headers: ['X-User-Id'],
  responses: {
    200: {
      description: 'A page of months.',
      json: monthList,
      examples: {
        months: {
          summary: 'Two months',
          value: {
            count: 2,
            months: [
              { month: '2024-07', images: 312 },
              { month: '2023-12', images: 8 },
            ],
            next_cursor: null,
          },
        },
      },
    },
  },
  problems: ['invalid-cursor', ...WORK_PROBLEMS],
  details: { 'invalid-cursor': 'expected the next_cursor of the previous page; got another text' },
};

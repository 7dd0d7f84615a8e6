import type { Operation } from '../route.ts';
import { deleteUserQuery, deletion, EXAMPLE_ENDED, EXAMPLE_WAITING } from './user-schemas.ts';

const ENDED = {
  json: deletion,
  examples: { ended: { summary: 'A deletion that has ended', value: EXAMPLE_ENDED } },
};

export const remove: Operation = {
  id: 'deleteUser',
  summary: 'Delete all data of a user',
  description:
    'Asks for it: the service, or where it shares records and objects with others a process of its operator, blocks the user, hides all images, and removes everything once the last URL for an upload has ended. `GET` shows how far that is. A repeated call answers the same deletion while the user is blocked. Nobody is blocked if nothing of the user is found.',
  tag: 'users',
  query: deleteUserQuery,
  responses: {
    200: { description: 'The receipt of a deletion that has ended, while the user is blocked.', ...ENDED },
    202: {
      description: 'The deletion that was asked for.',
      json: deletion,
      examples: { waiting: { summary: 'A deletion that has not begun', value: EXAMPLE_WAITING } },
    },
  },
  problems: ['insufficient-storage'],
  details: {
    'missing-scope': 'expected a credential with the scope users:erase; got one without it',
    forbidden: 'expected a user whom this credential may act for; got another',
  },
};

export const describeDeletion: Operation = {
  id: 'describeDeletion',
  summary: 'How far the deletion of a user is',
  tag: 'users',
  responses: {
    200: {
      description: 'The latest deletion; once it has ended, its receipt, which does not name the user.',
      ...ENDED,
    },
  },
  problems: ['user-not-found'],
  details: {
    'missing-scope': 'expected a credential with the scope users:erase; got one without it',
    forbidden: 'expected a user whom this credential may act for; got another',
  },
};

import type { Operation } from '../route.ts';
import {
  deleteUserQuery,
  deletion,
  EXAMPLE_ASKED_EXPORT,
  EXAMPLE_ENDED,
  EXAMPLE_EXPORT,
  EXAMPLE_WAITING,
  userExport,
} from './user-schemas.ts';

const FOR_ERASERS = {
  'missing-scope': 'expected a credential with the scope users:erase; got one without it',
  forbidden: 'expected a user whom this credential may act for; got another',
};

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
  details: FOR_ERASERS,
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
  details: FOR_ERASERS,
};

const READY = {
  json: userExport,
  examples: { ready: { summary: 'A file that can be fetched', value: EXAMPLE_EXPORT } },
};

export const make: Operation = {
  id: 'exportUser',
  summary: 'Export all data of a user',
  description:
    'Asks for a zip with the originals, and with everything else that is known of the user as JSON: the service makes it, or where it shares records and objects with others a process of its operator does. `GET` has its URL once it is ready. While there is one, which is for a day, a repeated call answers it. If nothing of the user is found, there is no file.',
  tag: 'users',
  responses: {
    200: { description: 'The file that was made for an earlier call.', ...READY },
    202: {
      description: 'The export that was asked for.',
      json: userExport,
      examples: { waiting: { summary: 'An export that is being made', value: EXAMPLE_ASKED_EXPORT } },
    },
  },
  problems: ['insufficient-storage', 'user-erased'],
  details: FOR_ERASERS,
};

export const describeExport: Operation = {
  id: 'describeExport',
  summary: 'The export of a user',
  tag: 'users',
  responses: { 200: { description: 'The export, until its file is removed.', ...READY } },
  problems: ['user-not-found'],
  details: {
    ...FOR_ERASERS,
    'user-not-found': 'expected a user whose export was asked for, within the day after it was made; got none',
  },
};

import { BODY_PROBLEMS } from '../answers/problem.openapi.ts';
import type { Operation } from '../route.ts';
import {
  EXAMPLE_OWNER,
  EXAMPLE_USAGE,
  limitsBody,
  ownerUsage,
  ownerUsageList,
  usageQuery,
  usersQuery,
  userUsage,
} from './usage-schemas.ts';

/** The routes are there only if USAGE is on. */
const ALWAYS = ['route-not-found'] as const;

const OWNER = {
  json: ownerUsage,
  examples: { limited: { summary: 'A user with limits of its own', value: EXAMPLE_OWNER } },
};

export const describe: Operation = {
  id: 'describeUsage',
  summary: 'What a user stores, and may store',
  description:
    'Pending uploads reserve their announced size, or the largest one that they may have. Trashed images count until they are deleted; renditions do not count.',
  tag: 'usage',
  query: usageQuery,
  refusesUnknownNames: true,
  responses: {
    200: {
      description: 'The usage, as of the last change.',
      json: userUsage,
      examples: { usage: { summary: 'A user with two images, one of them in the trash', value: EXAMPLE_USAGE } },
    },
  },
  problems: [...ALWAYS],
};

export const list: Operation = {
  id: 'listUsers',
  summary: 'List users with their usage',
  description: 'Users with images or limits of their own, by id. Continue with `next_cursor` until it is null.',
  tag: 'usage',
  query: usersQuery,
  refusesUnknownNames: true,
  responses: {
    200: {
      description: 'A page of users.',
      json: ownerUsageList,
      examples: {
        last: { summary: 'The last page', value: { count: 1, users: [EXAMPLE_OWNER], next_cursor: null } },
      },
    },
  },
  problems: [...ALWAYS, 'invalid-cursor'],
  details: { 'invalid-cursor': 'expected the next_cursor of the previous page; got another text' },
};

export const describeLimits: Operation = {
  id: 'describeQuota',
  summary: 'Limits and usage of a user',
  tag: 'usage',
  responses: { 200: { description: 'The limits that count for the user.', ...OWNER } },
  problems: [...ALWAYS],
};

export const setLimits: Operation = {
  id: 'setQuota',
  summary: 'Set the limits of a user',
  description:
    'They count for the next upload, within five seconds in every process, instead of `QUOTA_BYTES`, `QUOTA_IMAGES` and `QUOTA_PENDING`. Nothing stored is removed.',
  tag: 'usage',
  body: {
    'application/json': {
      schema: limitsBody,
      examples: {
        limits: { summary: '5 GB, any number of images', value: { bytes: 5_000_000_000, images: null, pending: 100 } },
      },
    },
  },
  responses: { 200: { description: 'The new limits.', ...OWNER } },
  problems: [...ALWAYS, ...BODY_PROBLEMS, 'insufficient-storage'],
};

export const removeLimits: Operation = {
  id: 'removeQuota',
  summary: 'Give a user the configured limits again',
  description: 'A repeated call answers the same.',
  tag: 'usage',
  responses: { 200: { description: 'The configured limits.', ...OWNER } },
  problems: [...ALWAYS, 'insufficient-storage'],
};

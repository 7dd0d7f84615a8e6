import { BODY_PROBLEMS } from '../answers/problem.openapi.ts';
import { EXAMPLE_KEY_ID } from '../request/path-parts.ts';
import type { Operation } from '../route.ts';
import {
  apiKey,
  createdApiKey,
  createKeyBody,
  EXAMPLE_KEY,
  EXAMPLE_KEY_TEXT,
  keyList,
  keyRevocation,
  keysQuery,
  rotateKeyBody,
} from './key-schemas.ts';

/** The routes are there only if AUTH has `api-key`. */
const ALWAYS = ['route-not-found'] as const;
const LOCATION = { Location: 'The path of the key.' };
const { key_id, ...terms } = EXAMPLE_KEY;
const EXAMPLE_CREATED = { key_id, key: EXAMPLE_KEY_TEXT, ...terms };

export const create: Operation = {
  id: 'createKey',
  summary: 'Create an API key',
  description:
    'A key with `owner` is that user; with `acts_as` it is a service that acts for those users, with `acts_as_prefixes` for all whose ids begin so; with the scope `images:admin` an admin. Only this answer and that of `rotate` contain the key.',
  tag: 'keys',
  body: {
    'application/json': {
      schema: createKeyBody,
      examples: {
        service: {
          summary: 'A backend that acts for all of its users',
          value: { name: 'backend of the shop', acts_as: ['*'], scopes: ['images:read', 'images:write'] },
        },
        tenant: {
          summary: 'The backend of one tenant, whose users are acme:ada, acme:bob and so on',
          value: { name: 'acme', acts_as_prefixes: ['acme:'], scopes: ['images:read', 'images:write'] },
        },
        user: {
          summary: "One user's key, for a year",
          value: { name: 'laptop', owner: 'user123', scopes: ['images:read'], expires_at: '2099-01-31T12:00:00Z' },
        },
      },
    },
  },
  responses: {
    201: {
      description: 'The key. Store it now: it is never shown again.',
      headers: LOCATION,
      json: createdApiKey,
      examples: { created: { summary: 'A new key', value: EXAMPLE_CREATED } },
    },
  },
  problems: [...ALWAYS, ...BODY_PROBLEMS, 'insufficient-storage'],
};

export const list: Operation = {
  id: 'listKeys',
  summary: 'List API keys',
  description: 'The newest first, also revoked and expired ones. Continue with `next_cursor` until it is null.',
  tag: 'keys',
  query: keysQuery,
  responses: {
    200: {
      description: 'A page of keys.',
      json: keyList,
      examples: { last: { summary: 'The last page', value: { count: 1, keys: [EXAMPLE_KEY], next_cursor: null } } },
    },
  },
  problems: [...ALWAYS, 'invalid-cursor'],
};

export const describe: Operation = {
  id: 'describeKey',
  summary: 'An API key, without its secret',
  tag: 'keys',
  responses: {
    200: {
      description: 'The key.',
      json: apiKey,
      examples: { key: { summary: 'A key', value: EXAMPLE_KEY } },
    },
  },
  problems: [...ALWAYS, 'key-not-found'],
};

export const rotate: Operation = {
  id: 'rotateKey',
  summary: 'Replace an API key',
  description:
    'The new key has the same terms and expiry. The former one works until the overlap ends. A key has one live successor: rotating it again revokes a successor that was never used, whose answer may have been lost, and makes another. If the successor was used, the answer is a 409 that names it. A key that is revoked or has expired is a 404.',
  tag: 'keys',
  mayLackBody: true,
  body: {
    'application/json': {
      schema: rotateKeyBody,
      examples: { day: { summary: 'A day of overlap', value: { overlap_seconds: 86_400 } } },
    },
  },
  responses: {
    201: {
      description: 'The new key. Store it now: it is never shown again.',
      headers: LOCATION,
      json: createdApiKey,
      examples: {
        rotated: { summary: 'The successor of a key', value: { ...EXAMPLE_CREATED, replaces: '0UiGeyCh9OzwyLrB' } },
      },
    },
  },
  problems: [...ALWAYS, ...BODY_PROBLEMS, 'key-not-found', 'key-already-rotated', 'insufficient-storage'],
};

export const revoke: Operation = {
  id: 'revokeKey',
  summary: 'Revoke an API key',
  description:
    'The process that answers refuses the key at once, every other one within five seconds. A repeated call answers the same.',
  tag: 'keys',
  responses: {
    200: {
      description: 'The key is revoked.',
      json: keyRevocation,
      examples: {
        revoked: {
          summary: 'The key is revoked',
          value: { key_id: EXAMPLE_KEY_ID, revoked_at: '2026-02-01T08:00:00.000Z' },
        },
      },
    },
  },
  problems: [...ALWAYS, 'key-not-found', 'insufficient-storage'],
};

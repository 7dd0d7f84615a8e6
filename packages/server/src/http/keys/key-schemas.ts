import * as z from 'zod';
import {
  DEFAULT_OVERLAP_SECONDS,
  type KeyTerms,
  MAX_ACTS_AS,
  MAX_OVERLAP_SECONDS,
} from '../../domain/access/api-key.ts';
import { SCOPES } from '../../domain/access/principal.ts';
import { MAX_PREFIXES } from '../../domain/access/user-id.ts';
import { preview } from '../../text/preview.ts';
import {
  batchOf,
  closedObject,
  got,
  instant,
  line,
  listPage,
  recordedUserId,
  userPrefix,
  wholeNumber,
} from '../request/fields.ts';
import { EXAMPLE_KEY_ID } from '../request/path-parts.ts';

const MAX_NAME_LENGTH = 100;
const EVERYONE = '*';

const actsAs = batchOf('user id', recordedUserId, MAX_ACTS_AS)
  .refine(
    (users) => users.length === 1 || !users.includes(EVERYONE),
    'expected "*" alone, for everyone, or user ids; got both',
  )
  .superRefine((users, context) => {
    for (const [index, user] of users.entries())
      if (user !== EVERYONE && user.includes(EVERYONE))
        context.addIssue({
          code: 'custom',
          path: [index],
          message: `expected a user id, or "*" alone, which stands for everyone and never for a part of an id (acts_as_prefixes takes beginnings of ids); got ${preview(user)}`,
        });
  })
  .transform((users): KeyTerms['actsAs'] => (users[0] === EVERYONE ? 'everyone' : [...new Set(users)]))
  .meta({
    type: 'array',
    minItems: 1,
    maxItems: MAX_ACTS_AS,
    items: { type: 'string' },
    description: `The users whom a service acts for: up to ${MAX_ACTS_AS} ids, or \`["*"]\` for everyone.`,
    examples: [['*']],
  });

const actsAsPrefixes = batchOf('prefix', userPrefix, MAX_PREFIXES)
  .transform((given): KeyTerms['actsAs'] => ({ prefixes: [...new Set(given)] }))
  .meta({
    type: 'array',
    minItems: 1,
    maxItems: MAX_PREFIXES,
    items: { type: 'string' },
    description: `Instead of \`acts_as\`: a service acts for the users whose ids begin with one of up to ${MAX_PREFIXES} texts, code point by code point.`,
    examples: [['acme:']],
  });

const scope = z.enum(SCOPES, got(`expected one of ${SCOPES.join(', ')}`));
const scopes = batchOf('scope', scope, SCOPES.length)
  .transform((given) => [...new Set(given)])
  .meta({ type: 'array', minItems: 1, maxItems: SCOPES.length, items: { type: 'string', enum: [...SCOPES] } });

export const createKeyBody = closedObject({
  name: line('a name', MAX_NAME_LENGTH).meta({ maxLength: MAX_NAME_LENGTH, examples: ['backend of the shop'] }),
  owner: recordedUserId.nullish().meta({ description: 'The user whose key it is.' }),
  acts_as: actsAs.nullish(),
  acts_as_prefixes: actsAsPrefixes.nullish(),
  scopes,
  expires_at: instant.nullish().meta({ description: 'From then on the key is refused. Absent: it never expires.' }),
}).refine(({ acts_as, acts_as_prefixes }) => !(acts_as && acts_as_prefixes), {
  path: ['acts_as_prefixes'],
  message: 'expected acts_as or acts_as_prefixes; got both',
});

/** The terms that a body, or a command line in its form, asks for. */
export const termsOf = (given: z.output<typeof createKeyBody>): KeyTerms => ({
  name: given.name,
  owner: given.owner ?? null,
  actsAs: given.acts_as ?? given.acts_as_prefixes ?? null,
  scopes: given.scopes,
  expiresAt: given.expires_at ?? null,
});

const EXPECTED_OVERLAP = `expected a whole number of seconds from 0 to ${MAX_OVERLAP_SECONDS}`;

export const rotateKeyBody = closedObject({
  overlap_seconds: wholeNumber(EXPECTED_OVERLAP, { min: 0, max: MAX_OVERLAP_SECONDS })
    .default(DEFAULT_OVERLAP_SECONDS)
    .meta({ description: 'Seconds during which the former key still works.' }),
});

export const keysQuery = z.object({
  owner: recordedUserId.optional().meta({ description: 'Only keys of this user.' }),
  ...listPage,
});

export const apiKey = z
  .object({
    key_id: z.string(),
    name: z.string(),
    owner: z.string().nullable(),
    acts_as: z
      .array(z.string())
      .readonly()
      .nullable()
      .meta({ description: '`["*"]`: everyone. null: it is no service, or one by prefix.' }),
    acts_as_prefixes: z
      .array(z.string())
      .readonly()
      .optional()
      .meta({ description: 'Of a service by prefix: it acts for users whose ids begin with one of them.' }),
    scopes: z.array(z.enum(SCOPES)).readonly(),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime().nullable(),
    last_used_at: z.iso.datetime().nullable().meta({ description: 'To the hour; null: never.' }),
    revoked_at: z.iso.datetime().nullable(),
    replaces: z.string().optional().meta({ description: 'The id of its predecessor; absent if it has none.' }),
  })
  .meta({ id: 'ApiKey' });

export const createdApiKey = apiKey
  .extend({
    key: z.string().meta({ description: 'The credential, for `Authorization: Bearer`. It is never shown again.' }),
  })
  .meta({ id: 'CreatedApiKey' });

export const keyList = z
  .object({
    count: z.int().meta({ description: 'The number of keys on this page.' }),
    keys: z.array(apiKey),
    next_cursor: z.string().nullable(),
  })
  .meta({ id: 'ApiKeyList' });

export const keyRevocation = z
  .object({ key_id: z.string(), revoked_at: z.iso.datetime() })
  .meta({ id: 'KeyRevocation' });

/** No key of any service: its checksum is wrong. */
export const EXAMPLE_KEY_TEXT = `safelight_${EXAMPLE_KEY_ID}_${'x'.repeat(43)}000000`;

export const EXAMPLE_KEY = {
  key_id: EXAMPLE_KEY_ID,
  name: 'backend of the shop',
  owner: null,
  acts_as: ['*'],
  scopes: ['images:read', 'images:write'],
  created_at: '2026-01-31T12:00:00.000Z',
  expires_at: null,
  last_used_at: '2026-01-31T12:34:56.000Z',
  revoked_at: null,
};

import * as z from 'zod';
import {
  DEFAULT_OVERLAP_SECONDS,
  type KeyTerms,
  MAX_ACTS_AS,
  MAX_OVERLAP_SECONDS,
} from '../../domain/access/api-key.ts';
import { SCOPES } from '../../domain/access/principal.ts';
import { batchOf, closedObject, got, instant, line, listPage, recordedUserId, wholeNumber } from '../request/fields.ts';

const MAX_NAME_LENGTH = 100;
const EVERYONE = '*';

const actsAs = batchOf('user id', recordedUserId, MAX_ACTS_AS)
  .refine(
    (users) => users.length === 1 || !users.includes(EVERYONE),
    'expected "*" alone, for everyone, or user ids; got both',
  )
  .transform((users): KeyTerms['actsAs'] => (users[0] === EVERYONE ? 'everyone' : [...new Set(users)]))
  .meta({
    type: 'array',
    minItems: 1,
    maxItems: MAX_ACTS_AS,
    items: { type: 'string' },
    description: `The users whom a service acts for: up to ${MAX_ACTS_AS} ids, or \`["*"]\` for everyone.`,
    examples: [['*']],
  });

const scope = z.enum(SCOPES, got(`expected one of ${SCOPES.join(', ')}`));
const scopes = batchOf('scope', scope, SCOPES.length)
  .transform((given) => [...new Set(given)])
  .meta({ type: 'array', minItems: 1, maxItems: SCOPES.length, items: { type: 'string', enum: [...SCOPES] } });

export const createKeyBody = closedObject({
  name: line('a name', MAX_NAME_LENGTH).meta({ maxLength: MAX_NAME_LENGTH, examples: ['backend of the shop'] }),
  owner: recordedUserId.nullish().meta({ description: 'The user whose key it is.' }),
  acts_as: actsAs.nullish(),
  scopes,
  expires_at: instant.nullish().meta({ description: 'From then on the key is refused. Absent: it never expires.' }),
});

/** The terms that a body, or a command line in its form, asks for. */
export const termsOf = ({ name, owner, acts_as, scopes, expires_at }: z.output<typeof createKeyBody>): KeyTerms => ({
  name,
  owner: owner ?? null,
  actsAs: acts_as ?? null,
  scopes,
  expiresAt: expires_at ?? null,
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

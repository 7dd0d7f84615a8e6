import * as z from 'zod';
import { userOf } from '../../domain/access/access.ts';
import { type Access, hasScope } from '../../domain/access/policy.ts';
import { isClosedToUsers, type Principal, SCOPES } from '../../domain/access/principal.ts';
import { isByPrefix } from '../../domain/access/user-id.ts';
import { jsonAnswer, UNCACHED } from '../answers/answer.ts';
import type { Operation, Route } from '../route.ts';

const caller = z
  .object({
    kind: z.enum(['open', 'user', 'service', 'admin', 'upload-token', 'view-token']),
    user_id: z.string().nullable().meta({ description: 'For whom a request is that names nobody; null: for none.' }),
    users: z.array(z.string()).nullable().meta({ description: 'For whom requests may be; null: for everyone.' }),
    user_prefixes: z
      .array(z.string())
      .optional()
      .meta({ description: 'Of a service by prefix: requests may be for users whose ids begin with one of them.' }),
    scopes: z.array(z.enum(SCOPES)),
    only_tags: z
      .array(z.string())
      .optional()
      .meta({ description: 'Of a view token: every image that it sees has all of these tags.' }),
    originals: z.boolean().optional().meta({ description: 'Of a view token: whether it opens originals.' }),
    metadata: z.boolean().optional().meta({ description: 'Of a view token: whether it sees `metadata`.' }),
  })
  .meta({ id: 'Caller' });

type Caller = z.input<typeof caller>;

const EVERYTHING = SCOPES.filter((scope) => !isClosedToUsers(scope));

const EXAMPLE = {
  kind: 'user',
  user_id: 'user123',
  users: ['user123'],
  scopes: ['images:read', 'images:write'],
} satisfies Caller;

const describe: Operation = {
  id: 'describeCaller',
  summary: 'Whom the credential stands for',
  description: 'Any valid credential may ask, so this is how to check one. In open mode everybody may do everything.',
  tag: 'service',
  responses: {
    200: {
      description: 'The caller.',
      json: caller,
      examples: { user: { summary: 'A user', value: EXAMPLE } },
    },
  },
  problems: [],
};

/** Who asks. */
export const callerRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/whoami',
    operation: describe,
    handle: (c) => jsonAnswer(c, callerJson(c.get('access')), UNCACHED),
  },
];

const callerJson = (access: Access): Caller => ({ user_id: userOf(access), ...rightsOf(access.principal) });

/** A client that knows no prefixes is told of no users: null would be everyone to it. */
const usersOf = (users: Extract<Principal, { kind: 'service' }>['users']): Pick<Caller, 'users' | 'user_prefixes'> =>
  isByPrefix(users)
    ? { users: [], user_prefixes: [...users.prefixes] }
    : { users: users === 'everyone' ? null : [...users] };

function rightsOf(principal: Principal): Omit<Caller, 'user_id'> {
  switch (principal.kind) {
    case 'open':
      return { kind: 'open', users: null, scopes: EVERYTHING };
    case 'admin':
      return { kind: 'admin', users: null, scopes: SCOPES.filter((scope) => hasScope(principal, scope)) };
    case 'user':
      return { kind: 'user', users: [principal.userId], scopes: [...principal.scopes] };
    case 'service':
      return {
        kind: 'service',
        ...usersOf(principal.users),
        scopes: [...principal.scopes],
      };
    case 'uploader':
      return { kind: 'upload-token', users: [principal.token.userId], scopes: ['images:upload'] };
    case 'viewer': {
      const { userId, onlyTags, showsOriginals, showsMetadata, upload } = principal.token;
      return {
        kind: 'view-token',
        users: [userId],
        scopes: upload ? ['images:read', 'images:upload'] : ['images:read'],
        only_tags: [...onlyTags],
        originals: showsOriginals,
        metadata: showsMetadata,
      };
    }
    case 'link':
    case 'guest':
    case 'anonymous':
      throw new Error(`expected a caller with a credential; got ${principal.kind}`);
  }
}

import { requireScope } from '../../domain/access/access.ts';
import { requireApiKeys } from '../../operations/checks/require-enabled.ts';
import { createKey } from '../../operations/keys/create-key.ts';
import { findKeys } from '../../operations/keys/find-keys.ts';
import { readKey } from '../../operations/keys/read-key.ts';
import { revokeKey } from '../../operations/keys/revoke-key.ts';
import { rotateKey } from '../../operations/keys/rotate-key.ts';
import { addHeaders, createdAnswer, jsonAnswer, UNCACHED } from '../answers/answer.ts';
import { readJson } from '../bodies/request-body.ts';
import { hasEmptyBody } from '../request/body-length.ts';
import { parametersOf } from '../request/query.ts';
import { parse } from '../request/validation.ts';
import type { Route, RouteContext } from '../route.ts';
import { createdKeyJson, keyJson } from './key-json.ts';
import { createKeyBody, keysQuery, rotateKeyBody, termsOf } from './key-schemas.ts';
import * as operations from './keys.openapi.ts';

/** 100 users of 128 characters, each of up to 12 bytes in JSON, and the rest. */
const MAX_KEY_BYTES = 262_144;
const MAX_ROTATION_BYTES = 1_024;

/** A route that exists if API keys do. No cache keeps its answers. */
const keyRoute = ({ handle, ...row }: Route): Route => ({
  ...row,
  handle(c, services) {
    addHeaders(c, UNCACHED);
    requireApiKeys(services);
    return handle(c, services);
  },
});

export const keyRoutes: readonly Route[] = [
  keyRoute({
    method: 'POST',
    path: '/keys',
    operation: operations.create,
    async handle(c, services) {
      const terms = termsOf(parse(createKeyBody, await readJson(c, { maxBytes: MAX_KEY_BYTES }), 'body'));
      if (terms.scopes.includes('users:erase')) requireScope(c.get('access'), 'users:erase');
      const created = await createKey(services, terms);
      c.set('concerns', { keyId: created.key.id });
      return createdAnswer(c, createdKeyJson(created), { location: `/keys/${created.key.id}`, ...UNCACHED });
    },
  }),
  keyRoute({
    method: 'GET',
    path: '/keys',
    operation: operations.list,
    async handle(c, services) {
      const { owner, limit, cursor } = parse(keysQuery, parametersOf(c, ['owner']), 'query');
      const { keys, nextCursor } = await findKeys(services, { owner, limit, cursor });
      return jsonAnswer(c, { count: keys.length, keys: keys.map(keyJson), next_cursor: nextCursor });
    },
  }),
  keyRoute({
    method: 'GET',
    path: '/keys/:key_id',
    operation: operations.describe,
    handle: async (c, services) => jsonAnswer(c, keyJson(await readKey(services, idOf(c)))),
  }),
  keyRoute({
    method: 'POST',
    path: '/keys/:key_id/rotate',
    operation: operations.rotate,
    async handle(c, services) {
      const given = hasEmptyBody(c) ? {} : await readJson(c, { maxBytes: MAX_ROTATION_BYTES });
      const { overlap_seconds: overlapSeconds } = parse(rotateKeyBody, given, 'body');
      const created = await rotateKey(services, { id: idOf(c), overlapSeconds, access: c.get('access') });
      return createdAnswer(c, createdKeyJson(created), { location: `/keys/${created.key.id}`, ...UNCACHED });
    },
  }),
  keyRoute({
    method: 'DELETE',
    path: '/keys/:key_id',
    operation: operations.revoke,
    async handle(c, services) {
      const { id, revokedAt } = await revokeKey(services, idOf(c));
      return jsonAnswer(c, { key_id: id, revoked_at: revokedAt?.toISOString() });
    },
  }),
];

const idOf = (c: RouteContext): string => c.req.param('key_id') ?? '';

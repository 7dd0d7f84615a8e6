import { requireCounting } from '../../operations/checks/require-enabled.ts';
import { findOwners } from '../../operations/usage/find-owners.ts';
import { readUsage } from '../../operations/usage/read-usage.ts';
import { setLimits } from '../../operations/usage/set-limits.ts';
import type { Services } from '../../services.ts';
import { jsonAnswer } from '../answers/answer.ts';
import { readJson } from '../bodies/request-body.ts';
import { parametersOf } from '../request/query.ts';
import { userInPath } from '../request/user-claims.ts';
import { parse } from '../request/validation.ts';
import type { Route, RouteContext } from '../route.ts';
import * as operations from './usage.openapi.ts';
import { ownerJson, usageJson } from './usage-json.ts';
import { limitsBody, usageQuery, usersQuery } from './usage-schemas.ts';

const MAX_LIMITS_BYTES = 1_024;

export const usageRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/usage',
    operation: operations.describe,
    async handle(c, services) {
      parse(usageQuery, parametersOf(c), 'query');
      return jsonAnswer(c, usageJson(await readUsage(services, c.get('access'))));
    },
  },
  {
    method: 'GET',
    path: '/users',
    operation: operations.list,
    async handle(c, services) {
      const asked = parse(usersQuery, parametersOf(c), 'query');
      const { owners, nextCursor } = await findOwners(services, { limit: asked.limit, cursor: asked.cursor });
      return jsonAnswer(c, { count: owners.length, users: owners.map(ownerJson), next_cursor: nextCursor });
    },
  },
  {
    method: 'GET',
    path: '/quotas/:user_id',
    operation: operations.describeLimits,
    async handle(c, services) {
      requireCounting(services);
      return jsonAnswer(c, ownerJson(await services.usage.usageOf(userInPath(c))));
    },
  },
  {
    method: 'PUT',
    path: '/quotas/:user_id',
    operation: operations.setLimits,
    async handle(c, services) {
      requireCounting(services);
      const limits = parse(limitsBody, await readJson(c, { maxBytes: MAX_LIMITS_BYTES }), 'body');
      return limited(c, services, limits);
    },
  },
  {
    method: 'DELETE',
    path: '/quotas/:user_id',
    operation: operations.removeLimits,
    handle: (c, services) => limited(c, services, null),
  },
];

const limited = async (
  c: RouteContext,
  services: Services,
  limits: Parameters<typeof setLimits>[1]['limits'],
): Promise<Response> => jsonAnswer(c, ownerJson(await setLimits(services, { userId: userInPath(c), limits })));

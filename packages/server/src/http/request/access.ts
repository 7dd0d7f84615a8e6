import type { Authenticator, HeaderValues } from '../../authenticator/authenticator.ts';
import { actingFor, requirePermission } from '../../domain/access/access.ts';
import { type Access, type OperationId, POLICY } from '../../domain/access/policy.ts';
import type { RouteContext } from '../route.ts';
import { headerValues } from './header.ts';
import { namedUser } from './named-user.ts';

/**
 * Who calls an operation, decided before its body is read or a record looked up. A public or signed operation looks at no credential and
 * at no name. Errors: `unauthenticated`, then `missing-scope`, then `invalid-request` or `forbidden` for the user that the headers or, with a
 * credential, the query name.
 */
export async function accessTo(c: RouteContext, authenticator: Authenticator, operation: OperationId): Promise<Access> {
  const rule = POLICY[operation];
  if (rule === 'public') return { principal: { kind: 'anonymous' }, operation, named: null };
  if (rule === 'signed') return { principal: { kind: 'link' }, operation, named: null };
  const headers: HeaderValues = (name) => headerValues(c, name);
  const principal = await authenticator.authenticate(headers);
  const access = { principal, operation, named: null };
  requirePermission(access);
  const named = namedUser(headers);
  const acting = actingFor(access, named?.userId, named?.pointer ?? '');
  return principal.kind === 'open' ? acting : usersInQuery(c).reduce(actingForQuery, acting);
}

const actingForQuery = (access: Access, userId: string): Access => actingFor(access, userId, '?user_id');

/** In open mode only the routes that have this parameter read it; a credential's rights must not depend on the route. */
const usersInQuery = (c: RouteContext): readonly string[] =>
  c.req.url.includes('user_id') ? (c.req.queries('user_id') ?? []).filter((one) => one !== '') : [];

/** The same after the request named a user in its query or body. Errors: those of `actingFor`. */
export function actFor(c: RouteContext, userId: string | undefined, pointer: string): Access {
  const access = actingFor(c.get('access'), userId, pointer);
  c.set('access', access);
  return access;
}

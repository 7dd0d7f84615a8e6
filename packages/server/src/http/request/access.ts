import type { Authenticator, HeaderValues } from '../../authenticator/authenticator.ts';
import { actingFor, requirePermission } from '../../domain/access/access.ts';
import { type Access, type OperationId, POLICY, type Row } from '../../domain/access/policy.ts';
import type { Principal } from '../../domain/access/principal.ts';
import { AppError } from '../../domain/errors.ts';
import type { RateLimiter } from '../../rate-limiter/rate-limiter.ts';
import type { RouteContext } from '../route.ts';
import type { FailedCredentials } from './failed-credentials.ts';
import { headerValues } from './header.ts';
import { namedUser } from './named-user.ts';
import { searchOf } from './query.ts';
import { countRequest } from './request-rates.ts';

/** Tells who calls, and counts the calls. */
export interface CallerChecks {
  readonly authenticator: Authenticator;
  /** null: nothing is limited. */
  readonly rateLimiter: RateLimiter | null;
  readonly failures: FailedCredentials;
}

/**
 * Who calls an operation, decided before its body is read or a record looked up. Public and signed operations ignore credentials and
 * names; a shared operation does so if its URL is signed. A shared operation needs no credential: without one the image decides.
 *
 * Errors: `unauthenticated`, then `rate-limited`, then `missing-scope`, then `invalid-request` or `forbidden` for the user that the headers or,
 * with a credential, the query name. For a shared operation without a credential `refusal` has the error instead, until the image is known.
 */
export async function accessTo(c: RouteContext, checks: CallerChecks, operation: OperationId): Promise<Access> {
  const access: Access = { principal: await callerOf(c, checks, operation), operation, named: null };
  const acting = Promise.try(() => actingBeforeBody(c, access));
  await countRequest(c, checks.rateLimiter, await acting.catch(() => access));
  return acting;
}

/** Errors: those of the decision. */
function actingBeforeBody(c: RouteContext, access: Access): Access {
  if (access.principal.kind === 'anonymous' || access.principal.kind === 'link') return access;
  requirePermission(access);
  const named = namedUser((name) => headerValues(c, name));
  const acting = actingFor(access, named?.userId, named?.pointer ?? '');
  return access.principal.kind === 'open' ? acting : usersInQuery(c).reduce(actingForQuery, acting);
}

async function callerOf(
  c: RouteContext,
  { authenticator, failures }: CallerChecks,
  operation: OperationId,
): Promise<Principal> {
  const rule: Row = POLICY[operation];
  const isShared = typeof rule === 'object' && rule.shared === true;
  const refusal = c.get('refusal');
  if (refusal && !isShared) throw refusal;
  if (rule === 'public') return { kind: 'anonymous' };
  if (rule === 'signed' || (isShared && isSigned(c))) return { kind: 'link' };
  if (refusal) return { kind: 'anonymous' };

  const headers: HeaderValues = (name) => headerValues(c, name);
  // Strangers who look at public pictures fail at nothing.
  if (isShared && headers('authorization').length === 0)
    return authenticator.authenticate(headers, () => undefined).catch(anonymously(c));
  return failures.counting(c, (beforeGuess) => authenticator.authenticate(headers, beforeGuess));
}

/** The signature alone decides, whatever credential the request has. */
const isSigned = (c: RouteContext): boolean => new URLSearchParams(searchOf(c)).has('sig');

const anonymously =
  (c: RouteContext) =>
  (error: unknown): Principal => {
    if (!(error instanceof AppError) || error.code !== 'unauthenticated') throw error;
    c.set('refusal', error);
    return { kind: 'anonymous' };
  };

const actingForQuery = (access: Access, userId: string): Access => actingFor(access, userId, '?user_id');

/** In open mode only the routes that have this parameter read it; a credential's rights must not depend on the route. */
const usersInQuery = (c: RouteContext): readonly string[] =>
  c.req.url.includes('user_id') ? (c.req.queries('user_id') ?? []).filter((one) => one !== '') : [];

/** Whether the answer depends on the credential of the request. */
export function isByCredential({ principal }: Access): boolean {
  switch (principal.kind) {
    case 'user':
    case 'service':
    case 'admin':
    case 'uploader':
      return true;
    case 'open':
    case 'link':
    case 'anonymous':
      return false;
  }
}

/** The same after the request named a user in its query or body. Errors: those of `actingFor`. */
export function actFor(c: RouteContext, userId: string | undefined, pointer: string): Access {
  const access = actingFor(c.get('access'), userId, pointer);
  c.set('access', access);
  return access;
}

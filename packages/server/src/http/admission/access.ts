import type { Authenticator, HeaderValues } from '../../callers/authenticator/authenticator.ts';
import { actingFor, type Claim, requirePermission, requireUser, userOf } from '../../domain/access/access.ts';
import { type Access, isOfErased, type OperationId, POLICY, type Row } from '../../domain/access/policy.ts';
import type { Principal } from '../../domain/access/principal.ts';
import { AppError } from '../../domain/errors.ts';
import { headerValues } from '../request/header.ts';
import { claimsBeforeBody } from '../request/user-claims.ts';
import type { Operation, RouteContext } from '../route.ts';
import type { FailedCredentials } from './failed-credentials.ts';
import { countMembers, countRequest, type RateLimited } from './request-rates.ts';
import { isSigned, type SignedUrls } from './signed-urls.ts';
import { type BlockChecks, requireUnblocked } from './unblocked.ts';

/** For routes whose bodies name users. */
export type BodyChecks = RateLimited & BlockChecks;

/** Tells who calls, and counts the calls. */
export interface CallerChecks extends RateLimited, BlockChecks {
  readonly authenticator: Authenticator;
  readonly failures: FailedCredentials;
  readonly signedUrls: SignedUrls;
}

/** For answers that take long. */
export interface Readmission {
  /** Rejects if the caller wouldn't be let in any more. */
  readonly readmit: (c: RouteContext) => Promise<void>;
}

/**
 * Who calls an operation, decided before its body is read or a record looked up. Public and signed operations ignore
 * credentials and names; a shared operation does so if its URL is signed. A shared operation needs no credential:
 * without one the image decides.
 *
 * Errors: those of signed URLs; `unauthenticated`, then `rate-limited`, then `user-erased`, then `missing-scope`, then
 * `invalid-request` or `forbidden` for the users that the headers and the query name, then `user-erased` for those. For
 * a shared operation without a credential `refusal` has the error instead, until the image is known.
 */
export async function accessTo(c: RouteContext, checks: CallerChecks, operation: Operation): Promise<Access> {
  const { id } = operation;
  const principal = await principalOf(c, checks, id);
  c.set('principal', principal);
  const access: Access = { principal, operation: id, named: null };
  const acting = Promise.try(() => actingUnlessBlocked(c, access, operation, checks));
  await countRequest(c, checks.rateLimiter, await acting.catch(() => access));
  return acting;
}

/** Errors: those of `actingBeforeBody`; `user-erased`. */
async function actingUnlessBlocked(
  c: RouteContext,
  access: Access,
  operation: Operation,
  checks: BlockChecks,
): Promise<Access> {
  const caller = userOf(access);
  if (caller !== null) await requireUnblocked(c, checks, caller);
  const acting = actingBeforeBody(c, access, operation);
  const user = userOf(acting);
  if (user !== null && !isOfErased(operation.id)) await requireUnblocked(c, checks, user);
  return acting;
}

/** Errors: those of the decision. */
function actingBeforeBody(c: RouteContext, access: Access, operation: Operation): Access {
  if (isWithoutCredential(access.principal)) return access;
  requirePermission(access);
  return actingFor(access, claimsBeforeBody(c, access.principal, operation));
}

const isWithoutCredential = ({ kind }: Principal): boolean =>
  kind === 'anonymous' || kind === 'link' || kind === 'guest';

/**
 * Judges the caller of a running request again: its credential may have ended, and its user may have been blocked.
 * Counts nothing. Errors: `unauthenticated`, `user-erased`, those of reads.
 */
export async function readmit(
  c: RouteContext,
  { authenticator, blocked }: Pick<CallerChecks, 'authenticator' | 'blocked'>,
): Promise<void> {
  await authenticator.authenticate(
    (name) => headerValues(c, name),
    () => undefined,
  );
  const user = userOf(c.get('access'));
  if (user !== null) await blocked.requireUnblocked(user);
}

/**
 * For whom the request acts once its body has named users too. It counts for that user then, once for each of
 * `members`. Errors: those of `actingFor` and `requireUser`, `rate-limited`, `user-erased`.
 */
export async function actFor(
  c: RouteContext,
  checks: BodyChecks,
  claims: readonly Claim[],
  members = 1,
): Promise<Access> {
  const acting = actForMembers(c, claims);
  requireUser(acting);
  await countMembers(c, checks, Array(members).fill(acting));
  const user = userOf(acting);
  if (user !== null) await requireUnblocked(c, checks, user);
  return acting;
}

/**
 * Acts for a batch whose members may name their users instead, which counts them itself. Errors: those of `actingFor`.
 */
export function actForMembers(c: RouteContext, claims: readonly Claim[]): Access {
  const acting = actingFor(c.get('access'), claims);
  c.set('acting', acting);
  return acting;
}

async function principalOf(
  c: RouteContext,
  { authenticator, failures, signedUrls }: CallerChecks,
  operation: OperationId,
): Promise<Principal> {
  const rule: Row = POLICY[operation];
  const isShared = typeof rule === 'object' && rule.shared === true;
  const refusal = c.get('refusal');
  if (refusal && !isShared) throw refusal;
  if (rule === 'public') return { kind: 'anonymous' };
  if (rule === 'signed' || (isShared && isSigned(c))) return { kind: 'link', url: await signedUrls.read(c, operation) };
  if (rule === 'guest') return { kind: 'guest', url: await signedUrls.readOfAlbum(c, operation) };
  if (refusal) return { kind: 'anonymous' };

  const headers: HeaderValues = (name) => headerValues(c, name);
  // Strangers who look at public pictures fail at nothing.
  if (isShared && headers('authorization').length === 0)
    return authenticator.authenticate(headers, () => undefined).catch(anonymously(c));
  return failures.counting(c, (beforeGuess) => authenticator.authenticate(headers, beforeGuess));
}

const anonymously =
  (c: RouteContext) =>
  (error: unknown): Principal => {
    if (!(error instanceof AppError) || error.code !== 'unauthenticated') throw error;
    c.set('refusal', error);
    return { kind: 'anonymous' };
  };

import type { AlbumUrl } from '../album/album-url.ts';
import { AppError, invalidField } from '../errors.ts';
import { type Image, replacedBy } from '../image/image.ts';
import type { ActorId } from './actor-id.ts';
import {
  type Access,
  actorsOf,
  actsForEveryone,
  hasScope,
  lacksUser,
  listsHeldOnly,
  type OperationId,
  type Owned,
  ownerRefusal,
  type Refusal,
  refusalOf,
  scopeOf,
  viewersOf,
} from './policy.ts';
import type { Principal, Scope } from './principal.ts';
import type { SignedUrl } from './signed-url.ts';
import type { UploadRight } from './upload-token.ts';
import { userIdFault, userTextFault } from './user-id.ts';
import { SHOWS_ALL, type Shown, type ViewToken } from './view-token.ts';

/** One place where a request names its user. */
export interface Claim {
  /** The place, for an error: `x-user-id`, `?user_id`, `/user_id`. */
  readonly pointer: string;
  /** undefined: nothing is there. */
  readonly userId: string | null | undefined;
}

/** Errors: `missing-scope`, or `forbidden` if the request names a user whom its principal may not act for. */
export function requirePermission(access: Access): void {
  const refusal = refusalOf(access);
  if (refusal !== undefined) throw errorOf(refusal, access);
}

/**
 * For whom a request acts that names users there: in its headers and its query first, and then in its body. Errors:
 * those of `userClaimed`, `invalid-request` if two of the users differ, those of `requirePermission`.
 */
export function actingFor(access: Access, claims: readonly Claim[]): Access {
  let { named } = access;
  for (const claim of claims) {
    const userId = userClaimed(access.principal, claim);
    if (userId === undefined) continue;
    named ??= userId;
    if (userId !== named)
      throw invalidField(claim.pointer, `expected the user ${named}, named elsewhere in the request; got ${userId}`);
  }
  if (named === access.named) return access;
  const acting = { ...access, named };
  requirePermission(acting);
  return acting;
}

/**
 * The user in that place; undefined: none. Errors: `invalid-request` for a text that names no user. With a credential
 * an empty one is an error too: a backend whose variable is empty would act for everyone. In open mode it names nobody.
 */
export function userClaimed(principal: Principal, { pointer, userId }: Claim): string | undefined {
  if (userId === undefined) return undefined;
  const isProven = hasCredential(principal);
  if (!isProven && !userId) return undefined;
  if (userId === null) throw invalidField(pointer, 'expected a user id; got null');
  const fault = isProven ? userIdFault(userId) : userTextFault(userId);
  if (fault !== undefined) throw invalidField(pointer, fault);
  return userId;
}

/** Whether the request proves who makes it, so that what it may do and what it is answered depend on that. */
export function hasCredential({ kind }: Principal): boolean {
  switch (kind) {
    case 'user':
    case 'service':
    case 'admin':
    case 'uploader':
    case 'viewer':
      return true;
    case 'open':
    case 'link':
    case 'guest':
    case 'anonymous':
      return false;
  }
}

/** Errors: `invalid-request` if the request has to name its user, and names none. */
export function requireUser(access: Access): void {
  if (lacksUser(access)) throw noUser();
}

const noUser = (): AppError =>
  invalidField('user_id', 'expected a user, as user_id or in the header X-User-Id; got none', { reason: 'no-user' });

/** The user whom the request acts for; null if it names none and its principal is none. */
export function userOf({ principal, named }: Pick<Access, 'principal' | 'named'>): string | null {
  if (named !== null) return named;
  switch (principal.kind) {
    case 'user':
      return principal.userId;
    case 'uploader':
    case 'viewer':
      return principal.token.userId;
    case 'open':
    case 'service':
    case 'admin':
    case 'link':
    case 'guest':
    case 'anonymous':
      return null;
  }
}

/** The credential by which the request is made, of an upload token its minter; null: it needs none. */
export const actorOf = ({ principal }: Pick<Access, 'principal'>): ActorId | null => actorsOf(principal)[0] ?? null;

/** The URL by which the request is made, of an operation that only a signed URL opens. */
export function signedUrlOf({ principal, operation }: Access): SignedUrl {
  if (principal.kind === 'link') return principal.url;
  throw new Error(`expected a signed URL for ${operation}; got the principal ${principal.kind}`);
}

/** The URL of an album's link by which the request is made, of an operation that only such a URL opens. */
export function guestUrlOf({ principal, operation }: Access): AlbumUrl {
  if (principal.kind === 'guest') return principal.url;
  throw new Error(`expected the URL of an album's link for ${operation}; got the principal ${principal.kind}`);
}

/** The right of a token by which the request uploads; undefined: another credential, or none. */
export function tokenOf({ principal }: Access): UploadRight | undefined {
  switch (principal.kind) {
    case 'uploader':
      return principal.token;
    case 'viewer':
      return principal.token.upload ?? undefined;
    case 'open':
    case 'user':
    case 'service':
    case 'admin':
    case 'link':
    case 'guest':
    case 'anonymous':
      return undefined;
  }
}

/** The view token by which the request is made; undefined: another credential, or none. */
export function viewOf({ principal }: Pick<Access, 'principal'>): ViewToken | undefined {
  switch (principal.kind) {
    case 'viewer':
      return principal.token;
    case 'open':
    case 'user':
    case 'service':
    case 'admin':
    case 'uploader':
    case 'link':
    case 'guest':
    case 'anonymous':
      return undefined;
  }
}

/** What the caller sees of the images that exist for it. */
export function shownTo(access: Pick<Access, 'principal'>): Shown {
  const view = viewOf(access);
  return view ? { originals: view.showsOriginals, metadata: view.showsMetadata } : SHOWS_ALL;
}

/**
 * Names the Idempotency-Keys of the tokens that one credential minted for a user. undefined: the request is made by
 * another credential, or none.
 */
export function keyspaceOf({ principal }: Access): ActorId | undefined {
  switch (principal.kind) {
    case 'uploader':
    case 'viewer':
      return principal.keyspace;
    case 'open':
    case 'user':
    case 'service':
    case 'admin':
    case 'link':
    case 'guest':
    case 'anonymous':
      return undefined;
  }
}

/** Whether the request may concern all users at once. */
export const seesEveryone = ({ principal, named }: Access): boolean => named === null && actsForEveryone(principal);

/** The user who owns an upload. Errors: `invalid-request` if there is none. */
export function ownerOf(access: Access): string {
  const userId = userOf(access);
  if (userId !== null) return userId;
  throw noUser();
}

/** Whether the image exists for this request. If not, the answer is the one for an image that never was. */
export function maySee(access: Access, image: Owned): boolean {
  const refusal = refusalOf(access, image);
  return refusal === undefined || refusal === 'not-owner';
}

/** Whether the caller uploads, and may neither read nor change other images. */
export const onlyUploads = ({ principal }: Pick<Access, 'principal'>): boolean =>
  hasScope(principal, 'images:upload') && !hasScope(principal, 'images:read') && !hasScope(principal, 'images:write');

/**
 * Whether the caller may know all of an image to which it sent bytes. One that only uploads knows its own uploads, and
 * nothing of a picture of others whose bytes they replace.
 */
export const knowsAllOf = (access: Access, image: Image): boolean =>
  !onlyUploads(access) || (!replacedBy(image) && maySee({ ...access, operation: 'describeImage' }, image));

/** Whether what belongs to that user exists for this request. */
export const maySeeOf = (access: Access, userId: string): boolean => ownerRefusal(access, userId) !== 'hidden';

/** Whether the request may change what belongs to that user. */
export const mayChangeOf = (access: Access, userId: string): boolean => ownerRefusal(access, userId) === undefined;

/** Errors: `missing-scope`: nobody gives the holder of a token a right that it lacks. */
export function requireScope(access: Access, scope: Scope): void {
  if (!hasScope(access.principal, scope))
    throw missingScope(scope, `expected ${credentialWith(scope)}; got one without it`);
}

/** Errors: `forbidden` if the image may be seen, but not changed. */
export function requireChange(access: Access, image: Owned & { readonly id: string }): void {
  if (refusalOf(access, image) !== undefined)
    throw new AppError('forbidden', `Image ${image.id} belongs to another user`);
}

/** Errors: `missing-scope` for images that aren't held, if the request may list no others. */
export function requireList(access: Access, status: Owned['status']): void {
  if (status !== 'held' && listsHeldOnly(access)) throw errorOf('missing-scope', access);
}

function errorOf(refusal: Refusal, access: Access): AppError {
  if (refusal === 'missing-scope') return missingScope(scopeOf(access.operation), lackOf(access));
  if (refusal === 'open')
    return new AppError(
      'forbidden',
      'expected a service with AUTH, since without it everybody could decide about their own images, and erase anybody; got one without',
    );
  return new AppError('forbidden', 'expected a user whom this credential may act for; got another');
}

const missingScope = (scope: Scope, detail: string): AppError =>
  new AppError('missing-scope', detail, { params: { scope } });

const credentialWith = (scope: Scope): string => `a credential with the scope ${scope}`;

/** The sentence of a `missing-scope` refusal. */
function lackOf({ principal, operation }: Access): string {
  const scope = scopeOf(operation);
  if (principal.kind === 'viewer') return lackOfViewer(operation, scope);
  if (principal.kind === 'uploader' && scope === 'images:read')
    return `expected ${credentialWith(scope)}; got an upload token: POST /view-tokens mints tokens that read`;
  if (principal.kind === 'uploader' && operation === 'replaceContent')
    return 'expected an upload token that fixes what it replaces; got one that replaces nothing';
  if (scope === 'images:moderate')
    return 'expected an admin, or a service for everyone with the scope images:moderate; got another credential';
  return `expected ${credentialWith(scope)}; got one without it`;
}

function lackOfViewer(operation: OperationId, scope: Scope): string {
  const needed = viewersOf(operation);
  switch (needed) {
    case 'upload':
      return `expected ${credentialWith('images:upload')}; got a view token that was minted without upload`;
    case 'originals':
      return 'expected a view token with originals; got one without';
    case 'every-image':
      return 'expected a view token without only_tags; got one with them';
    case 'images':
    case undefined:
      return `expected ${credentialWith(scope)}; got a view token, which lists and reads ready images only`;
  }
}

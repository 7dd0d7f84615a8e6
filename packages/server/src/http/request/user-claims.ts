import * as z from 'zod';
import type { HeaderValues } from '../../callers/authenticator/authenticator.ts';
import { type Claim, hasCredential, userClaimed } from '../../domain/access/access.ts';
import { type OperationId, POLICY, type Row } from '../../domain/access/policy.ts';
import type { Principal } from '../../domain/access/principal.ts';
import { MAX_USER_ID_LENGTH } from '../../domain/access/user-id.ts';
import { invalidField } from '../../domain/errors.ts';
import { unknownName } from '../../text/similar-name.ts';
import type { Operation, RouteContext } from '../route.ts';
import { userId as fieldOfUser } from './fields.ts';
import { headerNames, headerValues } from './header.ts';
import { searchOf } from './query.ts';
import { parse } from './validation.ts';

/** Both name the user for whom a request is made; the earlier clients send one or the other. */
const HEADERS = ['x-user-id', 'user-id'] as const;

/**
 * The users that headers and query name. Errors: `invalid-request` for a header that can't be read as one user, or is
 * misspelt.
 */
export function claimsBeforeBody(c: RouteContext, principal: Principal, operation: Operation): readonly Claim[] {
  if (hasCredential(principal)) refuseMisspelt(headerNames(c));
  return [...claimsInHeaders((name) => headerValues(c, name), principal), ...claimsInQuery(c, principal, operation)];
}

/** A header that nobody reads would leave the request without a user, which may mean everyone. */
function refuseMisspelt(names: readonly string[]): void {
  const found = names.find((name) => /^x?[-_]*user[-_]*id$/.test(name) && !HEADERS.some((known) => known === name));
  if (found !== undefined) throw invalidField(found, unknownName(found, HEADERS));
}

export function claimsInHeaders(headers: HeaderValues, principal: Principal): readonly Claim[] {
  const read = hasCredential(principal) ? printable : decoded;
  return HEADERS.flatMap((pointer) => headers(pointer).map((value) => ({ pointer, userId: read(pointer, value) })));
}

/** The rights of a credential don't depend on the route; an open service reads the parameter where the route has it. */
function claimsInQuery(c: RouteContext, principal: Principal, { id, query }: Operation): readonly Claim[] {
  const search = searchOf(c);
  if (search === '') return [];
  // Clients of an open service may list the images and read the events of another user than their own.
  const isFilter = id === 'listImages' || id === 'readEvents';
  const isRead = hasCredential(principal) || (!isFilter && query !== undefined && 'user_id' in query.shape);
  return isRead ? claimsIn(new URLSearchParams(search), '?user_id') : [];
}

/** Every user that a query or a form names, also by an empty text, which `parameters` leaves out. */
export const claimsIn = (parameters: Iterable<readonly [string, string]>, pointer: string): readonly Claim[] =>
  [...parameters].flatMap(([name, userId]) => (name === 'user_id' ? [{ pointer, userId }] : []));

/** The user that a JSON body names. */
export const claimInBody = ({ user_id: userId }: { readonly user_id?: string | null | undefined }): Claim => ({
  pointer: '/user_id',
  userId,
});

const inPath = z.object({ user_id: fieldOfUser });

/** The user of the path. Errors: `invalid-request` for a text that names no user, if the request has a credential. */
export function userInPath(c: RouteContext): string {
  const { user_id: userId } = parse(inPath, { user_id: c.req.param('user_id') ?? '' }, 'form');
  const { principal } = c.get('access');
  const pointer = 'user_id';
  // The router leaves invalid UTF-8 as it is written: `%EB` would be the user `%25EB`.
  if (hasCredential(principal) && !isUtf8(new URL(c.req.url).pathname))
    throw invalidField(pointer, 'expected a user id in percent-encoded UTF-8; got other bytes');
  userClaimed(principal, { pointer, userId });
  return userId;
}

function isUtf8(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

/**
 * Whether the body may name the user, too. In operations on the service it names the user whose events a webhook
 * receives.
 */
export const namesUserInBody = ({ id, body = {} }: Operation): boolean =>
  !administers(id) && Object.values(body).some(({ schema }) => 'shape' in schema && 'user_id' in Object(schema.shape));

function administers(id: OperationId): boolean {
  const rule: Row = POLICY[id];
  return typeof rule !== 'string' && rule.effect === 'administer';
}

/** Never decoded: `zoÃ«` in Latin-1 and `zoë` in UTF-8 are the same bytes (RFC 9110 5.5). */
function printable(name: string, value: string): string {
  const text = value.replace(/^[ \t]+|[ \t]+$/g, ''); // what HTTP strips, also where the platform hasn't
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  throw invalidField(name, 'expected printable ASCII; got other bytes: name this user in the query, as ?user_id=');
}

/** Longer ones are too long in any encoding. */
const MAX_DECODED_BYTES = 8 * MAX_USER_ID_LENGTH;

/** Decodes a header value in an open service: header values arrive as Latin-1, and the earlier clients send UTF-8. */
const decoded = (_name: string, value: string): string => (value.length > MAX_DECODED_BYTES ? value : utf8(value));

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function utf8(latin1: string): string {
  try {
    return UTF8.decode(Buffer.from(latin1, 'latin1'));
  } catch {
    return latin1;
  }
}

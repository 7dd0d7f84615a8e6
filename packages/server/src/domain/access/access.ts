import { AppError, invalidField } from '../errors.ts';
import type { ActorId } from './actor-id.ts';
import { type Access, type Owned, type Refusal, refusalOf, scopeOf } from './policy.ts';
import type { UploadToken } from './upload-token.ts';

/** Errors: `missing-scope`, or `forbidden` if the request names a user whom its principal may not act for. */
export function requirePermission(access: Access): void {
  const refusal = refusalOf(access);
  if (refusal !== undefined) throw errorOf(refusal, access);
}

/**
 * The request after it named a user in a header, its query or its body: it acts for that user. Errors: `invalid-request` if it has named
 * another before, those of `requirePermission`.
 */
export function actingFor(access: Access, userId: string | undefined, pointer: string): Access {
  if (userId === undefined || userId === access.named) return access;
  if (access.named !== null) {
    throw invalidField(pointer, `expected the user ${access.named}, named elsewhere in the request; got ${userId}`);
  }
  const acting = { ...access, named: userId };
  requirePermission(acting);
  return acting;
}

/** The user whom the request acts for; null if it names none and its principal is none. */
export function userOf({ principal, named }: Access): string | null {
  if (named !== null) return named;
  if (principal.kind === 'uploader') return principal.token.userId;
  return principal.kind === 'user' ? principal.userId : null;
}

/** The credential by which the request is made, of an upload token its minter; null: it needs none. */
export const actorOf = ({ principal }: Access): ActorId | null => ('actors' in principal ? principal.actors[0] : null);

/** The upload token by which the request is made; undefined: another credential, or none. */
export const tokenOf = ({ principal }: Access): UploadToken | undefined =>
  principal.kind === 'uploader' ? principal.token : undefined;

/**
 * Names the Idempotency-Keys of a user's upload tokens by their minter: by the first of the keys that it replaces, so that a rotation
 * changes nothing. undefined: the request is made by another credential, or none.
 */
export function keyspaceOf({ principal }: Access): ActorId | undefined {
  if (principal.kind !== 'uploader') return undefined;
  const [minter, ...replaced] = principal.actors;
  return replaced.at(-1) ?? minter;
}

/** Whether the request may concern all users at once. */
export const seesEveryone = ({ principal, named }: Access): boolean =>
  named === null &&
  (principal.kind === 'open' ||
    principal.kind === 'admin' ||
    (principal.kind === 'service' && principal.users === 'everyone'));

/** The user who owns an upload. Errors: `invalid-request` if there is none. */
export function ownerOf(access: Access): string {
  const userId = userOf(access);
  if (userId !== null) return userId;
  throw invalidField('user_id', 'expected a user, as user_id or in the header X-User-Id; got none');
}

/** Whether the image exists for this request. If not, the answer is the one for an image that never was. */
export const maySee = (access: Access, image: Owned): boolean => refusalOf(access, image) !== 'hidden';

/** Errors: `forbidden` if the image may be seen, but not changed. */
export function requireChange(access: Access, image: Owned & { readonly id: string }): void {
  if (refusalOf(access, image) !== undefined)
    throw new AppError('forbidden', `Image ${image.id} belongs to another user`);
}

function errorOf(refusal: Refusal, { operation }: Access): AppError {
  if (refusal === 'missing-scope') {
    return new AppError(
      'missing-scope',
      `expected a credential with the scope ${scopeOf(operation)}; got one without it`,
    );
  }
  return new AppError('forbidden', 'expected a user whom this credential may act for; got another');
}

import type { AlbumUrl } from '../album/album-url.ts';
import type { ActorId } from './actor-id.ts';
import type { SignedUrl } from './signed-url.ts';
import type { UploadRight } from './upload-token.ts';
import type { UsersByPrefix } from './user-id.ts';
import type { ViewToken } from './view-token.ts';

/**
 * What a credential permits. `images:write` contains `images:upload`; an admin has all of them but `users:erase`, which
 * its key has to name.
 */
export const SCOPES = [
  'images:read',
  'images:upload',
  'images:write',
  'images:moderate',
  'images:admin',
  'users:erase',
] as const;
export type Scope = (typeof SCOPES)[number];

/** Those of backends and people who work for the service: no user has them, whatever a credential says. */
export const isClosedToUsers = (scope: Scope): boolean =>
  scope === 'images:moderate' || scope === 'images:admin' || scope === 'users:erase';

/** Who calls, and by what right. `policy.ts` has what each kind may do. */
export type Principal =
  /** A caller of a service without authentication: it is whom it says it is. */
  | { readonly kind: 'open' }
  /** One user, with its own images. */
  | { readonly kind: 'user'; readonly userId: string; readonly scopes: readonly Scope[]; readonly actors: Actors }
  /** A backend that acts for its users: for the listed ones, those with a prefix, or everyone. */
  | {
      readonly kind: 'service';
      readonly users: ReadonlySet<string> | UsersByPrefix | 'everyone';
      readonly scopes: readonly Scope[];
      readonly actors: Actors;
    }
  | {
      readonly kind: 'admin';
      readonly actors: Actors;
      /** Its key names `users:erase`. */
      readonly mayErase: boolean;
    }
  /**
   * The holder of an upload token: uploads for its user, within its bounds. A guest's upload by a link of an album is
   * made as one too: no credential of a request proves that.
   */
  | {
      readonly kind: 'uploader';
      readonly token: UploadRight;
      /** Its minter's, or the guest's. */
      readonly actors: Actors;
      /** Names its Idempotency-Keys: tokens of one minter share theirs, also once the minter was rotated. */
      readonly keyspace: ActorId;
    }
  /** The holder of a view token: sees the ready images of its user, within its bounds. */
  | { readonly kind: 'viewer'; readonly token: ViewToken; readonly actors: Actors; readonly keyspace: ActorId }
  /** The holder of a URL that we signed: the signature decides, and says for which image. */
  | { readonly kind: 'link'; readonly url: SignedUrl }
  /** Who has the URL of a link of an album, or of a picture that the link shows. */
  | { readonly kind: 'guest'; readonly url: AlbumUrl }
  /** A caller without a credential, of a route that needs none, or who may see what is public. */
  | { readonly kind: 'anonymous' };

/** The credential itself first, then those that it replaces and that still count as the same caller. */
export type Actors = readonly [ActorId, ...ActorId[]];

import type { Image } from '../image/image.ts';
import { createdAt } from '../image/image-id.ts';
import type { ActorId } from './actor-id.ts';
import { isClosedToUsers, type Principal, type Scope } from './principal.ts';
import { MAX_TOKEN_SECONDS, mayReplace, mayReplaceBytesOf } from './upload-token.ts';
import { beginsWithAny, isByPrefix } from './user-id.ts';
import { isViewTokenId, type ViewToken } from './view-token.ts';

/** What a request does to images, and so whose it may be. */
export type Effect =
  /** Makes new ones, which belong to the user that the request acts for. */
  | 'create'
  /** Gives a part of the caller's rights to the holder of a token. */
  | 'delegate'
  | 'list'
  | 'read'
  | 'change'
  /** Concerns all that the service knows of one user, whom the path names. */
  | 'erase'
  /** Concerns the service itself, or the images of everyone. */
  | 'administer';

export interface Rule {
  readonly scope: Scope;
  readonly effect: Effect;
  /** Without `scope`, `images:upload` suffices for the images that the same credential uploaded. */
  readonly ownUploads?: true;
  /** Without `scope`, an upload token suffices for the images that it fixes, to replace their bytes. */
  readonly replaces?: true;
  /** A service needn't say for whom: the request does nothing that the owner of the image hasn't asked for. */
  readonly forAnyone?: true;
  /** Without `scope`, `images:moderate` suffices for held images. */
  readonly ofHeld?: true;
  /** Closed in open mode, where everybody could do it. */
  readonly needsCredential?: true;
  /** Open to the holders of a signed URL of the image, and to everybody if the image is public. */
  readonly shared?: true;
  /**
   * The view tokens that suffice: all (`images`), those without `only_tags` (`every-image`), or those that permit it.
   * Absent: none.
   */
  readonly viewers?: 'images' | 'every-image' | 'originals' | 'upload';
}

const CREATE: Rule = { scope: 'images:upload', effect: 'create' };
const LIST: Rule = { scope: 'images:read', effect: 'list' };
const LIST_IMAGES: Rule = { ...LIST, ofHeld: true };
const READ: Rule = { scope: 'images:read', effect: 'read' };
const CHANGE: Rule = { scope: 'images:write', effect: 'change' };
const ADMINISTER: Rule = { scope: 'images:admin', effect: 'administer' };
const MODERATE: Rule = { scope: 'images:moderate', effect: 'administer' };
const ERASE: Rule = { scope: 'users:erase', effect: 'erase', needsCredential: true };
const JUDGE: Rule = { ...MODERATE, needsCredential: true };

/**
 * Who may call an operation. `public`: anyone, and no credential is looked at. `signed`: whoever has a URL with our
 * signature. `guest`: whoever has a URL of a link of an album. `caller`: whoever has a valid credential, whatever its
 * scopes.
 */
export type Row = Rule | 'public' | 'signed' | 'guest' | 'caller';

/** Every operation of the route table. A route whose operation has no row here doesn't compile. */
export const POLICY = {
  describeService: 'public',
  checkHealth: 'public',
  checkLiveness: 'public',
  checkReadiness: 'public',
  describeCaller: 'caller',
  createUpload: { ...CREATE, viewers: 'upload' },
  uploadImage: { ...CREATE, viewers: 'upload' },
  upload: { ...CREATE, viewers: 'upload' },
  grantUploads: { ...CREATE, viewers: 'upload' },
  listImages: { ...LIST_IMAGES, viewers: 'images' },
  listMonths: { ...LIST, viewers: 'every-image' },
  listTags: LIST,
  findKnown: LIST,
  readEvents: { ...LIST, viewers: 'every-image' },
  readImage: { ...READ, viewers: 'originals' },
  readOriginal: { ...READ, viewers: 'originals' },
  downloadImage: { ...READ, viewers: 'originals' },
  describeImage: { ...READ, ownUploads: true, viewers: 'images' },
  readFacts: READ,
  grantParts: { ...CHANGE, ownUploads: true, forAnyone: true, viewers: 'upload' },
  completeUpload: { ...CHANGE, ownUploads: true, forAnyone: true, viewers: 'upload' },
  changeImage: CHANGE,
  replaceContent: { ...CHANGE, replaces: true },
  changeMetadata: CHANGE,
  changeImages: CHANGE,
  deleteImage: CHANGE,
  deleteImages: CHANGE,
  trashImage: CHANGE,
  trashImages: CHANGE,
  restoreImage: CHANGE,
  restoreImages: CHANGE,
  readRendition: { ...READ, shared: true, viewers: 'images' },
  downloadRendition: READ,
  purgeRendition: CHANGE,
  purgeRenditions: CHANGE,
  renderImage: 'signed',
  createUploadToken: { scope: 'images:upload', effect: 'delegate' },
  createViewToken: { scope: 'images:read', effect: 'delegate' },
  // For whoever mints: a revocation takes away only what the same scope gives.
  revokeViewTokens: { scope: 'images:read', effect: 'delegate', forAnyone: true },
  createAlbum: { scope: 'images:write', effect: 'create' },
  listAlbums: LIST,
  describeAlbum: READ,
  changeAlbum: CHANGE,
  deleteAlbum: CHANGE,
  changeAlbumImages: CHANGE,
  createAlbumLink: CHANGE,
  listAlbumLinks: READ,
  changeAlbumLink: CHANGE,
  revokeAlbumLink: CHANGE,
  openAlbumLink: 'guest',
  unlockAlbumLink: 'guest',
  listSharedImages: 'guest',
  readSharedRendition: 'guest',
  downloadSharedImage: 'guest',
  grantContribution: 'guest',
  completeContribution: 'guest',
  takeBackContribution: 'guest',
  listContributions: READ,
  previewContribution: READ,
  decideContribution: { ...CHANGE, needsCredential: true },
  openLink: 'signed',
  createLink: CHANGE,
  listLinks: READ,
  revokeLink: CHANGE,
  revokeLinks: CHANGE,
  linkToRender: READ,
  linkToRenders: READ,
  listGates: MODERATE,
  listDecisions: MODERATE,
  decideImage: JUDGE,
  reviewImage: JUDGE,
  dropGate: ADMINISTER,
  rescanImages: ADMINISTER,
  describeUsage: LIST,
  listUsers: ADMINISTER,
  describeQuota: ADMINISTER,
  setQuota: ADMINISTER,
  removeQuota: ADMINISTER,
  deleteUser: ERASE,
  describeDeletion: ERASE,
  exportUser: ERASE,
  describeExport: ERASE,
  createKey: ADMINISTER,
  listKeys: ADMINISTER,
  describeKey: ADMINISTER,
  rotateKey: ADMINISTER,
  revokeKey: ADMINISTER,
  createWebhook: ADMINISTER,
  listWebhooks: ADMINISTER,
  describeWebhook: ADMINISTER,
  changeWebhook: ADMINISTER,
  removeWebhook: ADMINISTER,
  rotateWebhookSecret: ADMINISTER,
  testWebhook: ADMINISTER,
  listDeliveries: ADMINISTER,
  replayDeliveries: ADMINISTER,
} as const satisfies Record<string, Row>;

export type OperationId = keyof typeof POLICY;

export const OPERATION_IDS = Object.keys(POLICY) as OperationId[];

/** A request of a principal. */
export interface Access {
  readonly principal: Principal;
  readonly operation: OperationId;
  /** The user that the request names, whom it acts for; null: none. */
  readonly named: string | null;
}

/** What the decision depends on, of an image. */
export type Owned = Pick<
  Image,
  'userId' | 'uploadedBy' | 'token' | 'visibility' | 'status' | 'tags' | 'id' | 'externalId'
>;

export type Refusal =
  | 'missing-scope'
  /** The service doesn't know its callers. */
  | 'open'
  /** The named user is none that the principal may act for. */
  | 'foreign-user'
  /** The image is to look as if it didn't exist. */
  | 'hidden'
  /** The image may be seen, but not changed. */
  | 'not-owner';

/**
 * Whether a request is refused, and why. Asked twice: before anything is looked up, without an image, and then for each
 * image. The order is scope, named user, ownership, so that no refusal but `hidden` and `not-owner` depends on what
 * exists.
 */
export function refusalOf(access: Access, image?: Owned): Refusal | undefined {
  const { principal, operation, named } = access;
  const rule: Row = POLICY[operation];
  if (rule === 'public') return undefined;
  if (rule === 'signed') return principal.kind === 'link' ? undefined : 'missing-scope';
  if (rule === 'guest') return principal.kind === 'guest' ? undefined : 'missing-scope';
  if (rule === 'caller') return named !== null && !mayActFor(principal, named) ? 'foreign-user' : undefined;

  if (rule.shared && principal.kind === 'link') return undefined;
  if (rule.shared && principal.kind === 'anonymous') return !image || isOpenToAll(image) ? undefined : 'hidden';
  if (principal.kind === 'viewer') return viewerRefusal(principal, access, image);
  if (principal.kind === 'uploader' && rule.effect === 'delegate') return 'missing-scope';

  if (rule.needsCredential && principal.kind === 'open') return 'open';
  if (rule.effect === 'administer' && !actsForEveryone(principal)) return 'missing-scope';

  const uploadsOnly = !hasScope(principal, rule.scope) && !listsHeldOnly(access);
  const replaces = rule.replaces && principal.kind === 'uploader' && mayReplace(principal.token);
  if (uploadsOnly && !replaces && !(rule.ownUploads && hasScope(principal, 'images:upload'))) return 'missing-scope';
  if (named !== null && !mayActFor(principal, named)) return 'foreign-user';
  if (image === undefined) return undefined;
  const refusal = ownerRefusal(access, image.userId);
  if (refusal !== undefined || principal.kind === 'open') return refusal;
  if (replaces) return mayReplaceBytesOf(principal.token, image) ? undefined : 'hidden';
  return uploadsOnly && !isUploaderOf(principal, image) ? 'hidden' : undefined;
}

/** Whether a request that `refusalOf` doesn't refuse is refused what belongs to that user, as an album does. */
export function ownerRefusal(access: Access, userId: string): Refusal | undefined {
  const { principal, operation, named } = access;
  const rule: Row = POLICY[operation];
  if (lacksUser(access)) return 'hidden'; // its 400 comes before any look-up

  if (principal.kind === 'open') {
    // Some of the earlier clients never name a user; the others may read everything too.
    const isOwner = named === null || named === userId;
    return typeof rule !== 'string' && rule.effect === 'change' && !isOwner ? 'not-owner' : undefined;
  }
  const isOwner = named === null ? mayActFor(principal, userId) : named === userId;
  return isOwner ? undefined : 'hidden';
}

type Viewer = Extract<Principal, { kind: 'viewer' }>;

/**
 * A view token opens what its row says, of ready images within its bounds. With `upload` it also describes and
 * completes what view tokens of its minter began to upload from a day before its issue on: a page's token may have been
 * replaced meanwhile.
 */
function viewerRefusal(viewer: Viewer, { operation, named }: Access, image?: Owned): Refusal | undefined {
  const { token } = viewer;
  const rule: Row = POLICY[operation];
  if (typeof rule === 'string' || !permits(token, rule.viewers)) return 'missing-scope';
  if (named !== null && named !== token.userId) return 'foreign-user';
  if (image === undefined) return undefined;
  if (image.userId !== token.userId) return 'hidden';
  const isOwn = rule.ownUploads && isUploaderOf(viewer, image) && isRecent(image, token);
  const isEnded = image.status === 'rejected' || image.status === 'expired'; // without tags, whatever it had
  if (isOwn && isEnded) return undefined;
  if (!token.onlyTags.every((tag) => image.tags.includes(tag))) return 'hidden';
  if (isOwn) return undefined;
  return rule.viewers !== 'upload' && image.status === 'ready' ? undefined : 'hidden';
}

/** Whether a token that this one replaces may have begun the upload. */
const isRecent = ({ id }: Owned, { issuedAt }: ViewToken): boolean =>
  createdAt(id).getTime() > issuedAt.getTime() - MAX_TOKEN_SECONDS * 1000;

function permits({ onlyTags, showsOriginals, upload }: ViewToken, needed: Rule['viewers']): boolean {
  switch (needed) {
    case 'images':
      return true;
    case 'every-image':
      return onlyTags.length === 0;
    case 'originals':
      return showsOriginals;
    case 'upload':
      return upload !== null;
    case undefined:
      return false;
  }
}

/**
 * Whether a service leaves out for whom it acts where it changes something: its user may be missing by mistake, and it
 * may act for many. An admin changes images of anyone.
 */
export function lacksUser({ principal, operation, named }: Access): boolean {
  const rule: Row = POLICY[operation];
  if (principal.kind !== 'service' || named !== null || typeof rule === 'string' || rule.forAnyone) return false;
  return rule.effect === 'create' || rule.effect === 'delegate' || rule.effect === 'change';
}

/** Whether the request may list held images and no others. */
export function listsHeldOnly({ principal, operation }: Pick<Access, 'principal' | 'operation'>): boolean {
  const rule: Row = POLICY[operation];
  if (typeof rule === 'string' || !rule.ofHeld || hasScope(principal, rule.scope)) return false;
  return actsForEveryone(principal) && hasScope(principal, 'images:moderate');
}

/** Whether the principal is bound to no user. */
export function actsForEveryone(principal: Principal): boolean {
  switch (principal.kind) {
    case 'open':
    case 'admin':
      return true;
    case 'service':
      return principal.users === 'everyone';
    case 'user':
    case 'uploader':
    case 'viewer':
    case 'link':
    case 'guest':
    case 'anonymous':
      return false;
  }
}

/** The credential first, then those that it replaces; of a token, its minter's. Empty: the request needs none. */
export function actorsOf(principal: Principal): readonly ActorId[] {
  switch (principal.kind) {
    case 'user':
    case 'service':
    case 'admin':
    case 'uploader':
    case 'viewer':
      return principal.actors;
    case 'open':
    case 'link':
    case 'guest':
    case 'anonymous':
      return [];
  }
}

/** Whether it is about the deletion of the user whom the request names, and who may be blocked for that reason. */
export function isOfErased(operation: OperationId): boolean {
  const rule: Row = POLICY[operation];
  return typeof rule !== 'string' && rule.effect === 'erase';
}

/** The view tokens that suffice for the operation. */
export function viewersOf(operation: OperationId): Rule['viewers'] {
  const rule: Row = POLICY[operation];
  return typeof rule === 'string' ? undefined : rule.viewers;
}

/** The scope that a `missing-scope` refusal misses. */
export function scopeOf(operation: OperationId): Scope {
  const rule: Row = POLICY[operation];
  return typeof rule === 'string' ? 'images:read' : rule.scope;
}

/** A view token has none: `viewerRefusal` decides about it. */
export function hasScope(principal: Principal, scope: Scope): boolean {
  switch (principal.kind) {
    case 'open':
      return true;
    case 'admin':
      return scope !== 'users:erase' || principal.mayErase;
    case 'user':
      return !isClosedToUsers(scope) && includesScope(principal.scopes, scope);
    case 'service':
      return includesScope(principal.scopes, scope);
    case 'uploader':
      return scope === 'images:upload';
    case 'viewer':
    case 'link':
    case 'guest':
    case 'anonymous':
      return false;
  }
}

const includesScope = (scopes: readonly Scope[], scope: Scope): boolean =>
  scopes.includes(scope) || (scope === 'images:upload' && scopes.includes('images:write'));

/** A public image shows its presets, while it is ready. */
const isOpenToAll = ({ visibility, status }: Owned): boolean => visibility === 'public' && status === 'ready';

function mayActFor(principal: Principal, userId: string): boolean {
  switch (principal.kind) {
    case 'open':
    case 'admin':
      return true;
    case 'user':
      return principal.userId === userId;
    case 'service':
      if (principal.users === 'everyone') return true;
      return isByPrefix(principal.users)
        ? beginsWithAny(userId, principal.users.prefixes)
        : principal.users.has(userId);
    case 'uploader':
    case 'viewer':
      return principal.token.userId === userId;
    case 'link':
    case 'guest':
    case 'anonymous':
      return false;
  }
}

/**
 * Any token of the same minter counts, for a view token any other one, because clients mint a new one when theirs has
 * ended; what the minter itself uploaded doesn't.
 */
function isUploaderOf(principal: Principal, { uploadedBy, token }: Owned): boolean {
  if (principal.kind === 'uploader' && token === null) return false;
  if (principal.kind === 'viewer' && (principal.token.upload === null || !isViewTokenId(token?.id ?? ''))) return false;
  return uploadedBy !== null && actorsOf(principal).includes(uploadedBy);
}

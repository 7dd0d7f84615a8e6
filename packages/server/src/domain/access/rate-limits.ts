import type { LinkId } from '../image/share-link.ts';
import type { Access, OperationId } from './policy.ts';

/**
 * What is counted, each kind apart: new uploads without bytes, uploads with bytes, calls about images, signed renders,
 * lists, and signed URLs of presets and links.
 */
export const RATE_POLICIES = ['grant', 'upload', 'read', 'render', 'list', 'picture'] as const;
export type RatePolicy = (typeof RATE_POLICIES)[number];

/** At most so many requests in a fixed window, which begins with the first of them. */
export interface RateLimit {
  readonly requests: number;
  readonly windowSeconds: number;
}

/** A policy without a limit isn't counted. */
export type RateLimits = { readonly [Policy in RatePolicy]?: RateLimit };

/**
 * The policy that each operation counts to; null: none. A batch counts each of its members. Changes count as reads:
 * both are calls about one image that exists. An operation without a row here doesn't compile.
 */
export const RATE_POLICY_OF = {
  describeService: null,
  checkHealth: null,
  checkLiveness: null,
  checkReadiness: null,
  describeCaller: 'read',
  createUpload: 'grant',
  grantUploads: 'grant',
  createUploadToken: 'grant',
  createViewToken: 'grant',
  revokeViewTokens: 'read',
  uploadImage: 'upload',
  replaceContent: 'upload',
  upload: 'upload', // a grant or an upload: which one, only its body tells
  listImages: 'list',
  listMonths: 'list',
  listTags: 'list',
  findKnown: 'read',
  readEvents: 'list', // a stream counts once
  listLinks: 'list',
  listKeys: 'list',
  readImage: 'read',
  readOriginal: 'read',
  downloadImage: 'read',
  describeImage: 'read',
  readFacts: 'read',
  grantParts: 'read',
  completeUpload: null, // its grant was counted
  changeImage: 'read',
  changeMetadata: 'read',
  changeImages: 'read',
  deleteImage: 'read',
  deleteImages: 'read',
  trashImage: 'read',
  trashImages: 'read',
  restoreImage: 'read',
  restoreImages: 'read',
  readRendition: 'read', // a preset is made once, and a page shows fifty
  downloadRendition: 'read',
  purgeRendition: 'read',
  purgeRenditions: 'read',
  renderImage: 'render',
  openLink: 'picture',
  createAlbum: 'read',
  listAlbums: 'list',
  describeAlbum: 'read',
  changeAlbum: 'read',
  deleteAlbum: 'read',
  changeAlbumImages: 'read',
  createAlbumLink: 'read',
  listAlbumLinks: 'list',
  changeAlbumLink: 'read',
  revokeAlbumLink: 'read',
  openAlbumLink: 'list',
  unlockAlbumLink: 'list', // its passwords are counted apart
  listSharedImages: 'list',
  readSharedRendition: 'picture',
  downloadSharedImage: 'render', // a JPEG of full size
  grantContribution: 'grant',
  completeContribution: 'picture',
  takeBackContribution: 'picture',
  listContributions: 'list',
  previewContribution: 'render', // made for each request, and stored nowhere
  decideContribution: 'read',
  createLink: 'read',
  revokeLink: 'read',
  revokeLinks: 'read',
  linkToRender: 'read',
  linkToRenders: 'read',
  describeUsage: 'read',
  listUsers: 'list',
  listGates: 'read',
  listDecisions: 'read',
  dropGate: 'read',
  rescanImages: 'read',
  decideImage: 'read',
  reviewImage: 'render', // made for each request, and stored nowhere
  describeQuota: 'read',
  setQuota: 'read',
  removeQuota: 'read',
  deleteUser: 'grant', // what it asks for reads all records
  describeDeletion: 'read',
  exportUser: 'grant', // likewise
  describeExport: 'read',
  createKey: 'read',
  describeKey: 'read',
  rotateKey: 'read',
  revokeKey: 'read',
  createWebhook: 'read',
  listWebhooks: 'read',
  describeWebhook: 'read',
  changeWebhook: 'read',
  removeWebhook: 'read',
  rotateWebhookSecret: 'read',
  testWebhook: 'read',
  listDeliveries: 'list',
  replayDeliveries: 'read',
} as const satisfies Record<OperationId, RatePolicy | null>;

/** A preset by its signed URL isn't a read of its viewer. */
export const ratePolicyOf = ({ principal, operation }: Pick<Access, 'principal' | 'operation'>): RatePolicy | null =>
  principal.kind === 'link' && operation === 'readRendition' ? 'picture' : RATE_POLICY_OF[operation];

/** Wrong passwords of a link, counted by link and address. */
export const WRONG_PASSWORDS = { requests: 10, windowSeconds: 60 } as const satisfies RateLimit;

/** URLs without a valid signature, counted by address. */
export const FAILED_SIGNATURES = { requests: 1_200, windowSeconds: 60 } as const satisfies RateLimit;

/**
 * Credentials that were refused, counted by address. Beyond `answered`, a refusal is a 429. Beyond `lookedUp`, no key
 * is read for the address that the process hasn't seen: 20 reads a second.
 */
export const FAILED_CREDENTIALS = { answered: 20, lookedUp: 1_200, windowSeconds: 60 } as const;

/** Who is counted. Nobody can use up the share of another, or displace its counter. */
export interface Share {
  /**
   * `caller`: proved who it is, so their number is bounded. `member`: a user whom a caller names, who may be invented.
   * `address`: a stranger, of whom there may be any number. `viewer`: an address that has a signed URL of an image, or
   * of a link of an album.
   */
  readonly holder: 'caller' | 'member' | 'address' | 'viewer';
  /** Who made this share necessary: the counters of one owner displace each other before those of another. */
  readonly owner: string;
  /** The name of this share alone. */
  readonly name: string;
  /** The multiple of its policy's limit that it has. */
  readonly times: number;
  /** Headers don't tell what is left of it. */
  readonly isUntold?: true;
}

/** A service has so many times the limit of one of its users, for all of them. */
export const TIMES_OF_SERVICE = 50;

const single = (holder: Share['holder'], name: string): Share => ({ holder, owner: '', name, times: 1 });

export const shareOfAddress = (address: string): Share => single('address', `address:${address}`);

/** An address has one for each link of an album, whatever number of pictures the link shows. */
export const shareOfGuest = (linkId: LinkId, address: string): Share => ({
  ...single('viewer', `guest:${linkId}:${address}`),
  owner: linkId,
});

/**
 * The shares that a request counts to, all or none. A user has one, whatever the number of its keys; the holders of its
 * upload tokens have another, all together, so that neither many tokens multiply a share nor their holders use up the
 * user's own. So do those of its view tokens, which also count to a share of their minter: headers don't tell of that
 * one, because a page would learn the traffic of all pages. A request of a service counts to a share of its credential,
 * and to one of the user that it names there, which is never the user's own: another credential could use that up. An
 * admin isn't limited: it must be able to act while others flood. In open mode a user is only a claim, so the address
 * counts. An address has a share for each image of which it has a signed URL.
 */
export function sharesOf({ principal, named }: Pick<Access, 'principal' | 'named'>, address: string): readonly Share[] {
  switch (principal.kind) {
    case 'user':
      return [single('caller', `user:${principal.userId}`)];
    case 'uploader':
      return [{ ...single('member', `tokens:${principal.token.userId}`), owner: 'tokens' }];
    case 'viewer': {
      const ofMinter: Share = { ...single('caller', `viewers-of:${principal.keyspace}`), times: TIMES_OF_SERVICE };
      const ofUser: Share = { ...single('member', `views:${principal.token.userId}`), owner: 'views' };
      return [ofUser, { ...ofMinter, isUntold: true }];
    }
    case 'service': {
      const [key] = principal.actors;
      const ofKey: Share = { ...single('caller', `key:${key}`), times: TIMES_OF_SERVICE };
      if (named === null) return [ofKey];
      return [{ ...single('member', `member:${JSON.stringify([key, named])}`), owner: key }, ofKey];
    }
    case 'admin':
      return [];
    case 'link':
      return [{ ...single('viewer', `viewer:${principal.url.imageId}:${address}`), owner: principal.url.imageId }];
    case 'guest':
      return [shareOfGuest(principal.url.linkId, address)];
    case 'open':
    case 'anonymous':
      return [shareOfAddress(address)];
  }
}

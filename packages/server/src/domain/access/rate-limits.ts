import type { OperationId } from './policy.ts';
import type { Principal } from './principal.ts';

/** What is counted, each kind apart: new uploads without bytes, uploads with bytes, calls about images, signed renders, lists. */
export const RATE_POLICIES = ['grant', 'upload', 'read', 'render', 'list'] as const;
export type RatePolicy = (typeof RATE_POLICIES)[number];

/** At most so many requests in a fixed window, which begins with the first of them. */
export interface RateLimit {
  readonly requests: number;
  readonly windowSeconds: number;
}

/** A policy without a limit isn't counted. */
export type RateLimits = { readonly [Policy in RatePolicy]?: RateLimit };

/**
 * The policy that each operation counts to; null: none. A batch counts each of its members. Changes count as reads: both are calls about
 * one image that exists. An operation without a row here doesn't compile.
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
  uploadImage: 'upload',
  upload: 'upload', // a grant or an upload: which one, only its body tells
  listImages: 'list',
  listLinks: 'list',
  listKeys: 'list',
  readImage: 'read',
  readOriginal: 'read',
  downloadImage: 'read',
  describeImage: 'read',
  completeUpload: 'read', // the grant was counted
  changeImage: 'read',
  changeMetadata: 'read',
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
  openLink: 'read',
  createLink: 'read',
  revokeLink: 'read',
  revokeLinks: 'read',
  linkToRender: 'read',
  linkToRenders: 'read',
  describeUsage: 'read',
  listUsers: 'list',
  describeQuota: 'read',
  setQuota: 'read',
  removeQuota: 'read',
  createKey: 'read',
  describeKey: 'read',
  rotateKey: 'read',
  revokeKey: 'read',
} as const satisfies Record<OperationId, RatePolicy | null>;

/**
 * Credentials that were refused, counted by address. Beyond `answered`, a refusal is a 429. Beyond `lookedUp`, no key is read for the address
 * that the process hasn't seen: 20 reads a second.
 */
export const FAILED_CREDENTIALS = { answered: 20, lookedUp: 1_200, windowSeconds: 60 } as const;

/** Who is counted. Nobody can use up the share of another, or displace its counter. */
export interface Share {
  /** `caller`: proved who it is, so their number is bounded. `address`: a stranger, of whom there may be any number. */
  readonly holder: 'caller' | 'address';
  readonly name: string;
}

export const shareOfAddress = (address: string): Share => ({ holder: 'address', name: `address:${address}` });

/**
 * A user has one share, whatever the number of its keys; the holders of its upload tokens have another, all together, so that neither many
 * tokens multiply a share nor their holders use up the user's own. A service has a share for each credential. An admin isn't limited: it
 * must be able to act while others flood. In open mode a user is only a claim, so the address counts.
 */
export function shareOf(principal: Principal, address: string): Share | null {
  switch (principal.kind) {
    case 'user':
      return { holder: 'caller', name: `user:${principal.userId}` };
    case 'uploader':
      return { holder: 'caller', name: `tokens:${principal.token.userId}` };
    case 'service':
      return { holder: 'caller', name: `service:${principal.actors[0]}` };
    case 'admin':
      return null;
    case 'open':
    case 'link':
    case 'anonymous':
      return shareOfAddress(address);
  }
}

import type { Image } from '../image/image.ts';
import { guestIn } from './guest-actor.ts';
import type { Access } from './policy.ts';

/**
 * Whose share a request uses of what all callers share. Accounts take turns, and within an account its members do. An
 * account is hard to get more of: a user, a credential, or a network address. A member may be a claim.
 */
export interface Payer {
  readonly by: 'principal' | 'address';
  readonly account: string;
  /** A user of a backend, or who callers at one address say they are; '' for none. */
  readonly member: string;
}

/**
 * Everything but uploads is charged to the principal. A caller that proves nothing is charged to its address, and in
 * open mode then to the user that it names. View tokens of a user share an account, apart from the user's own: copies
 * of one would displace its streams. `network`: the result of `networkOf`, '' if the address is unknown.
 */
export function payerOf({ principal, named }: Pick<Access, 'principal' | 'named'>, network: string): Payer {
  switch (principal.kind) {
    case 'open':
      return payerAt(network, named ?? '');
    case 'link':
    case 'guest':
    case 'anonymous':
      return payerAt(network, '');
    case 'user':
      return payingUser(principal.userId);
    case 'uploader':
      return payingUser(principal.token.userId);
    case 'viewer':
      return { by: 'principal', account: `views of user ${principal.token.userId}`, member: '' };
    case 'service':
      return { by: 'principal', account: `credential ${principal.actors[0]}`, member: named ?? '' };
    case 'admin':
      return { by: 'principal', account: `credential ${principal.actors[0]}`, member: '' };
  }
}

export const payerAt = (network: string, member: string): Payer => ({
  by: 'address',
  account: `address ${network}`,
  member,
});

/** Pays for work that no request waits for, as do requests from unknown addresses. */
export const UNKNOWN_PAYER: Payer = payerAt('', '');

/**
 * Pays for the examination of an upload: its owner, whoever causes it. An owner that no credential proved (`uploadedBy`
 * is null) is only a claim, so then the caller pays; at an address, as that owner. So do guests, who don't use up the
 * turns of the album's owner, whoever causes it.
 */
export function payerOfUpload({ userId, uploadedBy }: Pick<Image, 'userId' | 'uploadedBy'>, caller: Payer): Payer {
  if (uploadedBy === null) return payerOfImage({ userId }, caller);
  if (guestIn(uploadedBy) === undefined) return payingUser(userId);
  return payerOfImage({ userId }, caller.by === 'address' ? caller : UNKNOWN_PAYER);
}

/** Pays for other work on an image: the caller. At one address, work on the images of different owners takes turns. */
export const payerOfImage = ({ userId }: Pick<Image, 'userId'>, caller: Payer): Payer =>
  caller.by === 'address' ? { ...caller, member: userId } : caller;

const payingUser = (userId: string): Payer => ({ by: 'principal', account: `user ${userId}`, member: '' });

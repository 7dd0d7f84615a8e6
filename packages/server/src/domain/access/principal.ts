import { AppError, invalidField } from '../errors.ts';

/** Longest user id, in code points. */
export const MAX_USER_ID_LENGTH = 128;

/** The caller. In open mode the subject is the user that the request names, or null. */
export interface Principal {
  readonly subject: string | null;
  /** Whose images the caller may read. */
  readonly reads: 'all' | 'own';
}

/** The holder of a URL that we signed: the signer decided its rights. */
export const LINK_HOLDER: Principal = { subject: null, reads: 'all' };

export const canRead = (principal: Principal, image: { userId: string }): boolean =>
  principal.reads === 'all' || principal.subject === image.userId;

/** The principal after the request also named a user in its query or body. One request has one user. */
export const speakingAs = (principal: Principal, userId: string | undefined, pointer: string): Principal => {
  if (userId === undefined || userId === principal.subject) return principal;
  if (principal.subject === null) return { ...principal, subject: userId };
  throw invalidField(pointer, `expected the user ${principal.subject}, named elsewhere in the request; got ${userId}`);
};

/** The user who owns an upload. */
export const ownerOf = (principal: Principal): string => {
  if (principal.subject !== null) return principal.subject;
  throw invalidField('user_id', 'expected a user, as user_id or in the header X-User-Id; got none');
};

/** In open mode a caller without a user may change anything, because some earlier clients never name a user. */
export const requireChange = (principal: Principal, image: { id: string; userId: string }): void => {
  if (principal.subject === null || principal.subject === image.userId) return;
  throw new AppError('forbidden', `Image ${image.id} belongs to another user`);
};

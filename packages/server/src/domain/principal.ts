import { AppError, invalidField } from './errors.ts';

/** Longest user id, in code points. */
export const MAX_USER_ID_LENGTH = 128;

/** Who calls. In open mode the subject is whoever the caller says, or null when it doesn't say. */
export interface Principal {
  readonly subject: string | null;
  /** Whose images it may read. */
  readonly reads: 'all' | 'own';
}

/** Whoever holds a URL that we signed: what it is good for was decided when it was made. */
export const LINK_HOLDER: Principal = { subject: null, reads: 'all' };

export const canRead = (principal: Principal, image: { userId: string }): boolean =>
  principal.reads === 'all' || principal.subject === image.userId;

/** The principal once the request has also named a user, in its query or body: one request speaks for one user. */
export const speakingAs = (principal: Principal, userId: string | undefined, pointer: string): Principal => {
  if (userId === undefined || userId === principal.subject) return principal;
  if (principal.subject === null) return { ...principal, subject: userId };
  throw invalidField(pointer, `expected the user ${principal.subject}, named elsewhere in the request; got ${userId}`);
};

/** The user an upload belongs to. */
export const ownerOf = (principal: Principal): string => {
  if (principal.subject !== null) return principal.subject;
  throw invalidField('user_id', 'expected a user, as user_id or in the header X-User-Id; got none');
};

/** In open mode a caller that names nobody may change anything: clients who never say who they are tidy up too. */
export const requireChange = (principal: Principal, image: { id: string; userId: string }): void => {
  if (principal.subject === null || principal.subject === image.userId) return;
  throw new AppError('forbidden', `Image ${image.id} belongs to another user`);
};

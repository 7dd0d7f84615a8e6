import type { ImageId } from '../image/image-id.ts';
import type { Access, OperationId } from './policy.ts';
import type { Principal, Scope } from './principal.ts';

const EVERY: readonly Scope[] = ['images:read', 'images:write', 'images:upload'];

export const OPEN: Principal = { kind: 'open' };
export const ADMIN: Principal = { kind: 'admin', actors: ['key-admin'], mayErase: false };
/** The holder of a signed URL. */
export const LINK: Principal = {
  kind: 'link',
  url: { imageId: '01a1f82b-80d8-703c-9c86-1b8ba42038d1' as ImageId, epoch: 0, expiresAt: null },
};
export const userNamed = (userId: string, scopes = EVERY): Principal => ({
  kind: 'user',
  userId,
  scopes,
  actors: [`key-${userId}`],
});
export const serviceFor = (users: readonly string[] | 'everyone', scopes = EVERY): Principal => ({
  kind: 'service',
  users: users === 'everyone' ? users : new Set(users),
  scopes,
  actors: ['key-service'],
});

export const serviceForPrefixes = (prefixes: readonly string[], scopes = EVERY): Principal => ({
  kind: 'service',
  users: { prefixes },
  scopes,
  actors: ['key-service'],
});

/** The request of a principal that names a user, or none. */
export const accessOf = (principal: Principal, operation: OperationId, named: string | null = null): Access => ({
  principal,
  operation,
  named,
});

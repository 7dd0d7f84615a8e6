import { timingSafeEqual } from 'node:crypto';
import type { IssuedKey, KeyId } from './api-key-text.ts';
import type { Actors, Principal, Scope } from './principal.ts';
import { isByPrefix, type UsersByPrefix, userIdFault } from './user-id.ts';

/** Users whom one service may act for, if it doesn't act for everyone. */
export const MAX_ACTS_AS = 100;

/** The longest overlap of a key and its successor: 30 days. By default they overlap for a week. */
export const MAX_OVERLAP_SECONDS = 2_592_000;
export const DEFAULT_OVERLAP_SECONDS = 604_800;

/** Predecessors that a key remembers. */
const MAX_PREDECESSORS = 10;

/** What an admin says of a key. */
export interface KeyTerms {
  readonly name: string;
  /** The user whose key it is. A service or an admin may have one too, for lists of keys alone. */
  readonly owner: string | null;
  /** The users whom a service acts for. */
  readonly actsAs: readonly string[] | UsersByPrefix | 'everyone' | null;
  readonly scopes: readonly Scope[];
  /** From then on the key is refused; null: it never expires. */
  readonly expiresAt: Date | null;
}

/** The record of an API key. Only its expiry, its last use, its revocation and its successor ever change. */
export interface ApiKey extends KeyTerms {
  readonly id: KeyId;
  /** SHA-256 of the secret, in lower-case hex. */
  readonly secretHash: string;
  readonly createdAt: Date;
  /** Coarse: by an hour at most. */
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
  /** The keys that it replaces, the latest first: what they uploaded counts as its own. */
  readonly replaces: readonly KeyId[];
  /** The key that replaces it; null: none is recorded. */
  readonly successor: KeyId | null;
  /** Names the Idempotency-Keys of its upload tokens: a successor takes it over, so a rotation doesn't change it. */
  readonly keyspace: KeyId;
}

/** The kind of principal that the terms make; undefined: none, and such a key isn't created. */
export function kindOf({ owner, actsAs, scopes }: KeyTerms): 'admin' | 'service' | 'user' | undefined {
  if (scopes.includes('images:admin')) return 'admin';
  if (actsAs !== null) return 'service';
  return owner === null ? undefined : 'user';
}

/** The users that the terms name. A prefix names none. */
export const usersOf = ({ owner, actsAs }: KeyTerms): readonly string[] => [
  ...(owner === null ? [] : [owner]),
  ...(Array.isArray(actsAs) ? actsAs : []),
];

/** Those of its users whom no request can name: a restored backup may have them. Such a key is refused. */
export const invalidUsersOf = (terms: KeyTerms): readonly string[] =>
  usersOf(terms).filter((user) => userIdFault(user) !== undefined);

/** The key, and those whose uploads count as its own. */
export const actorsOf = ({ id, replaces }: ApiKey): Actors => [id, ...replaces];

/** The principal whose key it is. */
export function principalOf(key: ApiKey): Principal {
  const { owner, actsAs, scopes } = key;
  const actors = actorsOf(key);
  if (scopes.includes('images:admin')) return { kind: 'admin', actors, mayErase: scopes.includes('users:erase') };
  if (actsAs !== null) {
    const users = actsAs === 'everyone' || isByPrefix(actsAs) ? actsAs : new Set(actsAs);
    return { kind: 'service', users, scopes, actors };
  }
  if (owner !== null) return { kind: 'user', userId: owner, scopes, actors };
  throw new TypeError(
    'expected a key with an owner, acts_as, acts_as_prefixes or the scope images:admin; got none of them',
  );
}

export const newKey = ({ id, secretHash }: IssuedKey, terms: KeyTerms, now: Date): ApiKey => ({
  ...terms,
  id,
  secretHash,
  createdAt: now,
  lastUsedAt: null,
  revokedAt: null,
  replaces: [],
  successor: null,
  keyspace: id,
});

/** The writes of a rotation, which belong together. */
export interface Rotation {
  readonly key: ApiKey;
  /** The rotated key. It ends with the overlap or before, and names its successor. */
  readonly ended: ApiKey;
  readonly successor: ApiKey;
  /** The former successor, which was never used, and its revocation; null: there is none to revoke. */
  readonly superseded: { readonly key: ApiKey; readonly ended: ApiKey } | null;
}

export interface RotationTerms {
  readonly issued: IssuedKey;
  readonly now: Date;
  readonly overlapSeconds: number;
  /** The last of the keys that a former rotation made of this key, if there was one. */
  readonly former?: ApiKey | undefined;
}

/**
 * Makes a key of the same terms. It has the expiry that the key had before its first rotation, because a rotation
 * replaces a secret and extends no permission. A former successor that still lives is revoked.
 */
export function rotated(key: ApiKey, { issued, now, overlapSeconds, former }: RotationTerms): Rotation {
  const overlapEnd = new Date(now.getTime() + overlapSeconds * 1000);
  const endsBefore = key.expiresAt !== null && key.expiresAt <= overlapEnd;
  return {
    key,
    ended: { ...key, expiresAt: endsBefore ? key.expiresAt : overlapEnd, successor: issued.id },
    successor: {
      ...newKey(issued, former ?? key, now),
      replaces: [key.id, ...key.replaces].slice(0, MAX_PREDECESSORS),
      keyspace: key.keyspace,
    },
    superseded: former && stateOf(former, now) === 'live' ? { key: former, ended: revoked(former, now) } : null,
  };
}

/** A revoked key keeps its first time. */
export const revoked = (key: ApiKey, now: Date): ApiKey => (key.revokedAt === null ? { ...key, revokedAt: now } : key);

export function stateOf({ revokedAt, expiresAt }: ApiKey, now: Date): 'live' | 'revoked' | 'expired' {
  if (revokedAt !== null) return 'revoked';
  return expiresAt !== null && expiresAt <= now ? 'expired' : 'live';
}

/** The shortest interval between two records of a key's use. */
export const USE_INTERVAL_MS = 3_600_000;

/** Whether a rotation of its predecessor may still revoke the key: no use of it is recorded. */
export const isUnusedSuccessor = ({ replaces, lastUsedAt }: ApiKey): boolean =>
  replaces.length > 0 && lastUsedAt === null;

/** Whether a use of the key is worth a write. */
export const isUseDue = ({ lastUsedAt }: ApiKey, now: Date): boolean =>
  lastUsedAt === null || now.getTime() - lastUsedAt.getTime() >= USE_INTERVAL_MS;

/** Takes the same time wherever the hashes differ. */
export const hasSecret = (key: ApiKey, secretHash: string): boolean =>
  timingSafeEqual(Buffer.from(key.secretHash, 'hex'), Buffer.from(secretHash, 'hex'));

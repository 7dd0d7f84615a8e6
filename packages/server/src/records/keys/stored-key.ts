import { type ApiKey, kindOf } from '../../domain/access/api-key.ts';
import { type KeyId, parseKeyId } from '../../domain/access/api-key-text.ts';
import { SCOPES, type Scope } from '../../domain/access/principal.ts';
import { isByPrefix, MAX_PREFIXES, prefixFault } from '../../domain/access/user-id.ts';

/** A record as both stores keep it: lists as JSON, times in milliseconds since 1970. */
export interface StoredKey {
  readonly id: string;
  readonly secretHash: string;
  readonly name: string;
  readonly owner: string | null;
  readonly actsAs: string | null;
  readonly scopes: string;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
  readonly replaces: string;
  readonly successor: string | null;
  readonly keyspace: string;
}

export const toStored = (key: ApiKey): StoredKey => ({
  id: key.id,
  secretHash: key.secretHash,
  name: key.name,
  owner: key.owner,
  actsAs: key.actsAs === null ? null : actsAsText(key.actsAs),
  scopes: JSON.stringify(key.scopes),
  createdAt: key.createdAt.getTime(),
  expiresAt: key.expiresAt?.getTime() ?? null,
  lastUsedAt: key.lastUsedAt?.getTime() ?? null,
  revokedAt: key.revokedAt?.getTime() ?? null,
  replaces: JSON.stringify(key.replaces),
  successor: key.successor,
  keyspace: key.keyspace,
});

/** Errors: TypeError, which names no value: a key that can't be read whole authenticates nobody. */
export function fromStored(stored: StoredKey): ApiKey {
  const { id, secretHash, name, owner, actsAs, scopes, createdAt, expiresAt, lastUsedAt, revokedAt } = stored;
  const { replaces, successor, keyspace } = stored;
  const key: ApiKey = {
    id: keyIdIn(id),
    secretHash: SHA256.test(secretHash) ? secretHash : unexpected('a SHA-256'),
    name,
    owner,
    actsAs: actsAs === null ? null : actsAsIn(parsed(actsAs)),
    scopes: textsIn(parsed(scopes)).map(scopeIn),
    createdAt: timeIn(createdAt),
    expiresAt: expiresAt === null ? null : timeIn(expiresAt),
    lastUsedAt: lastUsedAt === null ? null : timeIn(lastUsedAt),
    revokedAt: revokedAt === null ? null : timeIn(revokedAt),
    replaces: textsIn(parsed(replaces)).map(keyIdIn),
    successor: successor === null ? null : keyIdIn(successor),
    keyspace: keyIdIn(keyspace),
  };
  return kindOf(key) === undefined ? unexpected('an owner, users to act for, or the scope of admins') : key;
}

const EVERYONE = '*';
const SHA256 = /^[0-9a-f]{64}$/;

type ActsAs = NonNullable<ApiKey['actsAs']>;

/**
 * Prefixes are an object, which earlier versions can't read: they refuse the key, where they would take one without
 * `acts_as` for its owner's.
 */
const actsAsText = (actsAs: ActsAs): string => JSON.stringify(actsAs === 'everyone' ? [EVERYONE] : actsAs);

function actsAsIn(stored: unknown): ActsAs {
  if (isByPrefix(stored)) return { prefixes: prefixesIn(textsIn(stored.prefixes)) };
  const users = textsIn(stored);
  return users.length === 1 && users[0] === EVERYONE ? 'everyone' : users;
}

/** An empty prefix would be every user. */
const prefixesIn = (texts: readonly string[]): readonly string[] =>
  texts.length > 0 && texts.length <= MAX_PREFIXES && texts.every((text) => prefixFault(text) === undefined)
    ? texts
    : unexpected('prefixes of user ids');

const keyIdIn = (text: string): KeyId => parseKeyId(text) ?? unexpected('the id of a key');
const scopeIn = (text: string): Scope => SCOPES.find((scope) => scope === text) ?? unexpected('a scope');

function timeIn(milliseconds: number): Date {
  const time = new Date(milliseconds);
  return Number.isNaN(time.getTime()) ? unexpected('a time') : time;
}

function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) && value.every((one): one is string => typeof one === 'string')
    ? value
    : unexpected('texts');
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return unexpected('JSON'); // the parser's own message repeats a part of the text
  }
}

const unexpected = (expected: string): never => {
  throw new TypeError(`expected ${expected} in the record of an API key; got something else`);
};

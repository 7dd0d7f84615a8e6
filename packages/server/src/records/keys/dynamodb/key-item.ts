import type { ApiKey } from '../../../domain/access/api-key.ts';
import type { KeyId } from '../../../domain/access/api-key-text.ts';
import { isByPrefix } from '../../../domain/access/user-id.ts';
import { integer, optionalInteger, optionalText, text } from '../../dynamodb/attributes.ts';
import type { Item } from '../../dynamodb/item.ts';
import { apiKeyKey, apiKeysOfPartition, apiKeysPartition, attributesOfKey } from '../../dynamodb/item-keys.ts';
import { BY_OWNER, BY_SHARD } from '../../dynamodb/schema.ts';
import { isNewer, newerRecord, VERSIONED, VERSIONED_BY_PREFIX } from '../../dynamodb/schema-version.ts';
import { fromStored, type StoredKey, toStored } from '../stored-key.ts';

/** The item of a key: absent attributes are null. */
export function itemOf(key: ApiKey): Item {
  const stored = toStored(key);
  return {
    ...attributesOfKey(apiKeyKey(key.id)),
    ...versionOf(key),
    ...inLists(stored),
    secretHash: { S: stored.secretHash },
    name: { S: stored.name },
    ...(stored.owner !== null && { owner: { S: stored.owner } }),
    ...(stored.actsAs !== null && { actsAs: { S: stored.actsAs } }),
    scopes: { S: stored.scopes },
    createdAt: { N: String(stored.createdAt) },
    ...changingOf(key),
    ...(stored.lastUsedAt !== null && { lastUsedAt: { N: String(stored.lastUsedAt) } }),
    replaces: { S: stored.replaces },
    keyspace: { S: key.keyspace },
  };
}

/** The version that its item has. */
export const versionOf = ({ actsAs }: ApiKey): typeof VERSIONED =>
  isByPrefix(actsAs) ? VERSIONED_BY_PREFIX : VERSIONED;

/** In the indexes of images, in partitions that no list of images reads. */
const inLists = ({ id, owner }: StoredKey): Item => ({
  ...(owner !== null && { [BY_OWNER.partition]: { S: apiKeysOfPartition(owner) }, [BY_OWNER.sort]: { S: id } }),
  [BY_SHARD.partition]: { S: apiKeysPartition() },
  [BY_SHARD.sort]: { S: id },
});

/** The attributes that a change of a record may change. */
export const CHANGING = ['expiresAt', 'revokedAt', 'successor'] as const satisfies readonly (keyof ApiKey)[];

export const changingOf = ({ expiresAt, revokedAt, successor }: ApiKey): Item => ({
  ...(expiresAt !== null && { expiresAt: { N: String(expiresAt.getTime()) } }),
  ...(revokedAt !== null && { revokedAt: { N: String(revokedAt.getTime()) } }),
  ...(successor !== null && { successor: { S: successor } }),
});

/**
 * Errors: `unavailable` for a newer version's record, which may have limits that this version doesn't know; TypeError.
 */
export function keyIn(item: Item): ApiKey {
  if (isNewer(item)) throw newerRecord(item);
  return fromStored({
    id: idIn(item),
    secretHash: text(item, 'secretHash'),
    name: text(item, 'name'),
    owner: optionalText(item, 'owner'),
    actsAs: optionalText(item, 'actsAs'),
    scopes: text(item, 'scopes'),
    createdAt: integer(item, 'createdAt'),
    expiresAt: optionalInteger(item, 'expiresAt'),
    lastUsedAt: optionalInteger(item, 'lastUsedAt'),
    revokedAt: optionalInteger(item, 'revokedAt'),
    replaces: text(item, 'replaces'),
    successor: optionalText(item, 'successor'),
    keyspace: text(item, 'keyspace'),
  });
}

export const idIn = (item: Item): KeyId => text(item, BY_SHARD.sort) as KeyId;

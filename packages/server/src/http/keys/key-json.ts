import type { ApiKey } from '../../domain/access/api-key.ts';
import { isByPrefix } from '../../domain/access/user-id.ts';
import type { CreatedKey } from '../../operations/keys/create-key.ts';

/** A key as admins see it: never its text, nor the hash of its secret. */
export const keyJson = (key: ApiKey) => ({ key_id: key.id, ...termsJson(key) });

/** The only answer with the text of a key. */
export const createdKeyJson = ({ key, text }: CreatedKey) => ({ key_id: key.id, key: text, ...termsJson(key) });

const termsJson = ({ name, owner, actsAs, scopes, createdAt, expiresAt, lastUsedAt, revokedAt, replaces }: ApiKey) => ({
  name,
  owner,
  acts_as: actsAs === 'everyone' ? ['*'] : isByPrefix(actsAs) ? null : actsAs,
  ...(isByPrefix(actsAs) && { acts_as_prefixes: actsAs.prefixes }),
  scopes,
  created_at: createdAt.toISOString(),
  expires_at: expiresAt?.toISOString() ?? null,
  last_used_at: lastUsedAt?.toISOString() ?? null,
  revoked_at: revokedAt?.toISOString() ?? null,
  ...(replaces[0] !== undefined && { replaces: replaces[0] }),
});

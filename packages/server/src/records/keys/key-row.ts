import type { ApiKey } from '../../domain/access/api-key.ts';
import type { Row } from '../images/image-row.ts';
import { fromStored, type StoredKey, toStored } from './stored-key.ts';

const COLUMNS = {
  id: 'id',
  secretHash: 'secret_hash',
  name: 'name',
  owner: 'owner',
  actsAs: 'acts_as',
  scopes: 'scopes',
  createdAt: 'created_at',
  expiresAt: 'expires_at',
  lastUsedAt: 'last_used_at',
  revokedAt: 'revoked_at',
  replaces: 'replaces',
  successor: 'successor',
  keyspace: 'keyspace',
} as const satisfies Record<keyof StoredKey, string>;

const FIELDS = Object.keys(COLUMNS) as (keyof StoredKey)[];

/** In row order. */
export const KEY_COLUMNS: readonly string[] = Object.values(COLUMNS);

type Cell = string | number | null;

export function cellsOf(key: ApiKey): Cell[] {
  const stored = toStored(key);
  return FIELDS.map((field) => stored[field]);
}

/** The cells of what a change of a record may change: `expires_at`, `revoked_at` and `successor`. */
export const changingCellsOf = ({ expiresAt, revokedAt, successor }: ApiKey): Cell[] => [
  expiresAt?.getTime() ?? null,
  revokedAt?.getTime() ?? null,
  successor,
];

/** The tables keep each column's type. Errors: TypeError. */
export const keyIn = (row: Row): ApiKey =>
  fromStored(Object.fromEntries(FIELDS.map((field, index) => [field, row[index]])) as unknown as StoredKey);

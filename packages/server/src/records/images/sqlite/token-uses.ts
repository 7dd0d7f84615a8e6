import type { DatabaseSync } from 'node:sqlite';
import type { TokenUse } from '../../../domain/access/upload-token.ts';
import { firstRow } from '../../sqlite/rows.ts';

/** Counts the uploads that each upload token has permitted, within the running transaction. */
export interface TokenUses {
  isUsedUp(use: TokenUse): boolean;
  count(use: TokenUse): void;
}

export function createTokenUses(database: DatabaseSync): TokenUses {
  const select = database.prepare('SELECT used FROM upload_token_uses WHERE token_id = ?');
  const add = database.prepare(
    `INSERT INTO upload_token_uses (token_id, used, forget_at) VALUES (?, 1, ?)
     ON CONFLICT (token_id) DO UPDATE SET used = used + 1`,
  );
  return {
    isUsedUp: ({ tokenId, maxImages }) => Number(firstRow(select, [tokenId])?.[0] ?? 0) >= maxImages,
    count({ tokenId, forgetAt }) {
      add.run(tokenId, forgetAt.getTime());
    },
  };
}

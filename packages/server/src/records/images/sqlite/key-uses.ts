import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { TokenUse } from '../../../domain/access/upload-token.ts';
import { AppError } from '../../../domain/errors.ts';
import type { PendingImage } from '../../../domain/image/image.ts';
import type { ImageId } from '../../../domain/image/image-id.ts';
import type { GroupCommit } from '../../sqlite/group-commit.ts';
import { firstRow, type Row } from '../../sqlite/rows.ts';
import { translated } from '../../sqlite/sqlite-error.ts';
import type { ImageRepository, KeyUse } from '../image-repository.ts';
import { requireSameKey } from '../replacement.ts';
import type { TokenUses } from './token-uses.ts';

const COLUMNS = ['user_id', 'key', 'fingerprint', 'image_id', 'lease_until', 'expires_at'] as const;

export interface KeyUsesOptions {
  /** Adds a record within the running transaction; false if its id is taken. */
  readonly insertImage: (image: PendingImage) => boolean;
  /** Why an image may not be added; undefined: it may. */
  readonly refusalOf: (image: PendingImage, use: TokenUse | undefined) => AppError | undefined;
  readonly tokenUses: TokenUses;
}

export function createKeyUses(
  database: DatabaseSync,
  writes: GroupCommit,
  { insertImage, refusalOf, tokenUses }: KeyUsesOptions,
): Pick<ImageRepository, 'useKey' | 'findKeyUse' | 'replaceKeyUse'> {
  const selectLive = database.prepare(
    `SELECT ${COLUMNS} FROM idempotency_keys WHERE user_id = ? AND key = ? AND expires_at > ?`,
  );
  const put = database.prepare(`REPLACE INTO idempotency_keys (${COLUMNS}) VALUES (${COLUMNS.map(() => '?')})`);
  const update = database.prepare(
    `UPDATE idempotency_keys SET fingerprint = ?, image_id = ?, lease_until = ?, expires_at = ? ${CONDITION}`,
  );
  const remove = database.prepare(`DELETE FROM idempotency_keys ${CONDITION}`);

  const liveUse = ({ userId, key }: Pick<KeyUse, 'userId' | 'key'>, now: Date): KeyUse | undefined => {
    const row = firstRow(selectLive, [userId, key, now.getTime()]);
    return row && keyUseOf(row);
  };

  return {
    async useKey(use, now, image, tokenUse) {
      const outcome = await writes.write(() => {
        const standing = liveUse(use, now);
        if (standing) return standing;
        const refusal = image && refusalOf(image, tokenUse);
        if (refusal) return refusal; // a throw would split the batch
        put.run(use.userId, use.key, ...contentOf(use));
        if (image && !insertImage(image)) throw new Error(`new image id ${image.id} is taken`);
        if (tokenUse) tokenUses.count(tokenUse);
        return undefined;
      });
      if (outcome instanceof AppError) throw outcome;
      return outcome;
    },

    async findKeyUse(of, now) {
      return translated(() => liveUse(of, now));
    },

    async replaceKeyUse(from, to) {
      if (to) requireSameKey(from, to);
      return writes.write(() => {
        const { changes } = to ? update.run(...contentOf(to), ...conditionOf(from)) : remove.run(...conditionOf(from));
        return changes === 1;
      });
    },
  };
}

const CONDITION = 'WHERE user_id = ? AND key = ? AND fingerprint = ? AND image_id = ? AND lease_until IS ?';

const conditionOf = (use: KeyUse): SQLInputValue[] => [
  use.userId,
  use.key,
  use.fingerprint,
  use.imageId,
  use.leaseUntil?.getTime() ?? null,
];

const contentOf = (use: KeyUse): SQLInputValue[] => [
  use.fingerprint,
  use.imageId,
  use.leaseUntil?.getTime() ?? null,
  use.expiresAt.getTime(),
];

const keyUseOf = ([userId, key, fingerprint, imageId, leaseUntil, expiresAt]: Row): KeyUse => ({
  userId: String(userId),
  key: String(key),
  fingerprint: String(fingerprint),
  imageId: imageId as ImageId,
  leaseUntil: typeof leaseUntil === 'number' ? new Date(leaseUntil) : null,
  expiresAt: new Date(Number(expiresAt)),
});

import { type TokenUse, tokenUsedUp } from '../../../domain/access/upload-token.ts';
import { externalIdTaken } from '../../../domain/external-id.ts';
import { formerIdTaken } from '../../../domain/former-id.ts';
import type { Image, PendingImage, Status } from '../../../domain/image/image.ts';
import type { ImageId } from '../../../domain/image/image-id.ts';
import { quotaExceeded } from '../../../domain/usage/quota.ts';
import type { Postgres, Statements, Transaction } from '../../postgres/database.ts';
import type { Admission, UsageCounts } from '../../usage/postgres/usage-counts.ts';
import type { ImageRepository, KeyUse } from '../image-repository.ts';
import { requireSameKey } from '../replacement.ts';
import type { RecordWrites } from './record-writes.ts';
import { shareTransactions } from './shared-transactions.ts';

export type Grants = Pick<ImageRepository, 'create' | 'useKey' | 'findKeyUse' | 'replaceKeyUse' | 'isUsedUp'>;

interface GrantsOptions {
  readonly insert: RecordWrites['insert'];
  /** undefined: usage isn't counted. */
  readonly counts: Pick<UsageCounts, 'admit' | 'isLimited'> | undefined;
}

/** Another image had the external or former id, and is gone by now, or the owner has got limits: tried again. */
const AGAIN = 'again';

const COUNT_TOKEN_SQL = `
  INSERT INTO upload_token_uses AS known (token_id, used, forget_at) VALUES ($1, 1, $2)
  ON CONFLICT (token_id) DO UPDATE SET used = known.used + 1 WHERE known.used < $3`;

/** An expired use is replaced. The row is locked until the commit, so of two at once the second sees the first. */
const USE_KEY_SQL = `
  INSERT INTO idempotency_keys AS known (user_id, key, fingerprint, image_id, lease_until, expires_at)
  VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (user_id, key) DO UPDATE SET fingerprint = excluded.fingerprint, image_id = excluded.image_id,
    lease_until = excluded.lease_until, expires_at = excluded.expires_at
  WHERE known.expires_at <= $7`;

const KEY_CONDITION =
  'user_id = $1 AND key = $2 AND fingerprint = $3 AND image_id = $4 AND lease_until IS NOT DISTINCT FROM $5';

const FITS: Promise<Admission> = Promise.resolve('fits');

interface Grant {
  readonly image: PendingImage;
  readonly token: TokenUse | undefined;
  readonly admission: Promise<Admission>;
}

type Granted = 'made' | 'id-taken' | Error | typeof AGAIN;

export function createGrants(postgres: Postgres, { insert, counts }: GrantsOptions): Grants {
  const runShared = shareTransactions(postgres);

  /** Grants of an owner with limits wait for each other, and share transactions; others don't. */
  const sharedBy = (userId: string): string | undefined => (counts?.isLimited(userId) ? userId : undefined);

  /**
   * Everything is sent at once. What isn't `made` has to be rolled back. `admission`: whether the owner has room, which
   * is asked before the transaction locks anything else.
   */
  const grant = async (transaction: Transaction, { image, token, admission: asked }: Grant): Promise<Granted> => {
    const counted =
      token && transaction.change(COUNT_TOKEN_SQL, [token.tokenId, token.forgetAt.getTime(), token.maxImages]);
    const [admission, isCounted, isNew] = await Promise.all([asked, counted, insert(transaction, image)]);
    if (isCounted !== 0 && admission === 'fits' && isNew) return 'made';
    if (!isNew && (await hasRecord(transaction, image.id))) return 'id-taken';
    if (token && isCounted === 0) return tokenUsedUp(token);
    if (!isNew) return (await holderOf(transaction, image)) ?? AGAIN;
    return admission === 'again' || admission === 'fits' ? AGAIN : quotaExceeded(admission);
  };

  const admit = (transaction: Transaction, image: PendingImage): Promise<Admission> =>
    counts?.admit(transaction, image) ?? FITS;

  const createOnce = async (image: PendingImage, token: TokenUse | undefined): Promise<Granted> => {
    return runShared(sharedBy(image.userId), async (transaction) => {
      const result = await grant(transaction, { image, token, admission: admit(transaction, image) });
      return { result, isKept: result === 'made' };
    });
  };

  const useOnce = async (use: KeyUse, now: Date, image?: PendingImage, token?: TokenUse): Promise<Granted | KeyUse> => {
    return runShared<Granted | KeyUse>(image && sharedBy(use.userId), async (transaction) => {
      const admission = image ? admit(transaction, image) : FITS;
      const taken = transaction.change(USE_KEY_SQL, [
        ...[use.userId, use.key, use.fingerprint, use.imageId, timeOf(use.leaseUntil), use.expiresAt.getTime()],
        now.getTime(),
      ]);
      const granted: Granted | Promise<Granted> = image ? grant(transaction, { image, token, admission }) : 'made';
      const [changed, made] = await Promise.all([taken, granted]);
      if (changed === 0) return { result: (await liveUse(transaction, use, now)) ?? AGAIN, isKept: false };
      return { result: made, isKept: made === 'made' };
    });
  };

  return {
    async create(image, token) {
      for (;;) {
        const granted = await createOnce(image, token);
        if (granted === AGAIN) continue;
        if (granted instanceof Error) throw granted;
        return granted === 'made';
      }
    },

    async useKey(use, now, image, token) {
      for (;;) {
        const outcome = await useOnce(use, now, image, token);
        if (outcome === AGAIN) continue;
        if (outcome === 'id-taken') throw new Error(`new image id ${use.imageId} is taken`);
        if (outcome instanceof Error) throw outcome;
        return outcome === 'made' ? undefined : outcome;
      }
    },

    findKeyUse: (of, now) => liveUse(postgres, of, now),

    async replaceKeyUse(from, to) {
      if (to) requireSameKey(from, to);
      const condition = [from.userId, from.key, from.fingerprint, from.imageId, timeOf(from.leaseUntil)];
      const changed = to
        ? await postgres.change(
            `UPDATE idempotency_keys SET fingerprint = $6, image_id = $7, lease_until = $8, expires_at = $9
             WHERE ${KEY_CONDITION}`,
            [...condition, to.fingerprint, to.imageId, timeOf(to.leaseUntil), to.expiresAt.getTime()],
          )
        : await postgres.change(`DELETE FROM idempotency_keys WHERE ${KEY_CONDITION}`, condition);
      return changed === 1;
    },

    async isUsedUp({ tokenId, maxImages }) {
      const [row] = await postgres.rows('SELECT used FROM upload_token_uses WHERE token_id = $1', [tokenId]);
      return Number(row?.[0] ?? 0) >= maxImages;
    },
  };
}

const hasRecord = async (statements: Statements, id: ImageId): Promise<boolean> =>
  (await statements.rows('SELECT 1 FROM images WHERE id = $1', [id])).length > 0;

/** The error that names which other image has the external or former id; undefined: none has. */
export async function holderOf(
  statements: Statements,
  { id, userId, externalId, formerId }: Pick<Image, 'id' | 'userId' | 'externalId' | 'formerId'>,
): Promise<Error | undefined> {
  const other = async (condition: string, parameters: readonly string[]) => {
    const sql = `SELECT id, status FROM images WHERE id <> $1 AND ${condition}`;
    const [row] = await statements.rows(sql, [id, ...parameters]);
    return row && { id: row[0] as ImageId, status: row[1] as Status };
  };
  if (externalId !== null) {
    const holder = await other('user_id = $2 AND external_id = $3', [userId, externalId]);
    if (holder) return externalIdTaken(externalId, holder);
  }
  if (formerId === null) return undefined;
  const holder = await other(`former_id = $2 AND ${HAS_NOT_ENDED}`, [formerId]);
  return holder && formerIdTaken(formerId, holder);
}

/** As in the index by former ids. */
export const HAS_NOT_ENDED = "status IN ('pending', 'held', 'ready', 'trashed')";

async function liveUse(
  statements: Statements,
  { userId, key }: Pick<KeyUse, 'userId' | 'key'>,
  now: Date,
): Promise<KeyUse | undefined> {
  const [row] = await statements.rows(
    `SELECT fingerprint, image_id, lease_until, expires_at FROM idempotency_keys
     WHERE user_id = $1 AND key = $2 AND expires_at > $3`,
    [userId, key, now.getTime()],
  );
  if (!row) return undefined;
  const [fingerprint, imageId, leaseUntil, expiresAt] = row;
  return {
    ...{ userId, key, fingerprint: String(fingerprint), imageId: imageId as ImageId },
    leaseUntil: typeof leaseUntil === 'number' ? new Date(leaseUntil) : null,
    expiresAt: new Date(Number(expiresAt)),
  };
}

const timeOf = (time: Date | null): number | null => time?.getTime() ?? null;

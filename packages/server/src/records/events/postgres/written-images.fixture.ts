import { type TokenUse, tokenUsedUp } from '../../../domain/access/upload-token.ts';
import type { Image, PendingImage } from '../../../domain/image/image.ts';
import type { RecordArchive } from '../../archive/record-archive.ts';
import type { ImageRepository, ReplaceOptions } from '../../images/image-repository.ts';
import { requireLegal } from '../../images/replacement.ts';
import type { Postgres, Transaction } from '../../postgres/database.ts';
import type { EventWrites } from './event-writes.ts';

/** Writes revisions of images, and what `EventWrites` adds to these transactions. */
export interface WrittenImages extends Pick<ImageRepository, 'create' | 'replace'>, Pick<RecordArchive, 'put'> {}

export async function createWrittenTables(postgres: Postgres): Promise<void> {
  await postgres.change(
    'CREATE TABLE written_images (id text PRIMARY KEY, status text NOT NULL, revision bigint NOT NULL)',
  );
  await postgres.change('CREATE TABLE written_uses (token_id text PRIMARY KEY, used bigint NOT NULL)');
}

/** The first statement of each transaction decides, by the lock of its row. */
export function createWrittenImages(postgres: Postgres, events: EventWrites): WrittenImages {
  const insert = async (transaction: Transaction, { id, status, revision }: Image): Promise<boolean> =>
    (await transaction.change('INSERT INTO written_images VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [
      ...[id, status, revision],
    ])) === 1;

  return {
    create: (image: PendingImage, use?: TokenUse) =>
      postgres.transaction(async (transaction) => {
        if (use && (await transaction.change(COUNT_USE, [use.tokenId, use.maxImages])) === 0) throw tokenUsedUp(use);
        const isNew = await insert(transaction, image);
        if (isNew) events.changed(transaction, undefined, image);
        return isNew;
      }),

    async replace(from: Image, to: Image, { details, changedDetails }: ReplaceOptions = {}) {
      requireLegal(from, to, details);
      return postgres.transaction(async (transaction) => {
        const cells = [from.id, from.status, from.revision, to.status, to.revision];
        if ((await transaction.change(REPLACE, cells)) === 0) return false;
        events.changed(transaction, from, to, changedDetails);
        return true;
      });
    },

    put: (record) =>
      postgres.transaction(async (transaction) => {
        if (record.kind !== 'image' || !(await insert(transaction, record.image))) return false;
        events.changed(transaction, undefined, record.image);
        return true;
      }),
  };
}

const REPLACE = 'UPDATE written_images SET status = $4, revision = $5 WHERE id = $1 AND status = $2 AND revision = $3';

const COUNT_USE = `
  INSERT INTO written_uses AS uses VALUES ($1, 1)
  ON CONFLICT (token_id) DO UPDATE SET used = uses.used + 1 WHERE uses.used < $2`;

import type { CancellationReason } from '@aws-sdk/client-dynamodb';
import { type TokenUse, tokenUsedUp } from '../../domain/access/upload-token.ts';
import { AppError } from '../../domain/errors.ts';
import type { PendingImage } from '../../domain/image/image.ts';
import { IS_NEW } from './condition.ts';
import { failedConditions } from './fault.ts';
import { itemOf } from './image-item.ts';
import { type PlacementRule, placementOf } from './placement.ts';
import type { Table, Write } from './table.ts';
import { countedUse } from './token-uses.ts';
import type { UsageCounts } from './usage/usage-counts.ts';

export interface NewRecordsOptions {
  readonly rule: PlacementRule;
  readonly newWriteId: () => string;
  /** undefined: usage isn't counted. */
  readonly counts: UsageCounts | undefined;
}

export interface NewRecord {
  readonly image: PendingImage;
  readonly use: TokenUse | undefined;
  /** Written in the same transaction, by its write's id. */
  readonly first?: (writeId: string) => Write;
}

/** A condition that failed: of `first`, or of the record. */
export interface FailedAddition {
  readonly writeId: string;
  readonly ofFirst: CancellationReason | undefined;
  readonly ofRecord: CancellationReason | undefined;
}

/** What is believed about an owner may be wrong, and be changed by others meanwhile. */
const ATTEMPTS = 5;
const RETRY_AFTER_SECONDS = 2;

/**
 * Adds a record, with all that belongs to it, in one transaction. Undefined once it is written. Errors: `upload-token-used-up`,
 * `quota-exceeded`.
 */
export function createNewRecords(table: Table, { rule, newWriteId, counts }: NewRecordsOptions) {
  return async ({ image, use, first }: NewRecord): Promise<FailedAddition | undefined> => {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const writeId = newWriteId();
      const { writes: counting, mark } = (await counts?.forNew(image)) ?? { writes: [], mark: null };
      const put = itemOf(image, { placement: placementOf(image.id, rule), writeId, mark });
      const record: Write = { put, condition: IS_NEW };
      const before = first?.(writeId);
      const token = use && countedUse(use);
      const writes = [before, record, token, ...counting].filter((write) => write !== undefined);
      try {
        if (writes.length === 1) await table.put(put, IS_NEW);
        else await table.transact(writes, writeId);
        counts?.written(image);
        return undefined;
      } catch (error) {
        const failed = failedConditions(error);
        if (!failed) throw error;
        const reasonOf = (write: Write | undefined) => write && failed[writes.indexOf(write)];
        const [ofFirst, ofRecord] = [reasonOf(before), reasonOf(record)];
        if (ofFirst || ofRecord) return { writeId, ofFirst, ofRecord };
        if (use && reasonOf(token)) throw tokenUsedUp(use);
        await counts?.learnOfNew(image, counting.map(reasonOf).find((reason) => reason !== undefined)?.Item);
      }
    }
    const detail = `expected the limits of the owner to stay the same for a moment; got ${ATTEMPTS} changes: try again later`;
    throw new AppError('unavailable', detail, { retryAfterSeconds: RETRY_AFTER_SECONDS });
  };
}

import type { CancellationReason } from '@aws-sdk/client-dynamodb';
import { type TokenUse, tokenUsedUp } from '../../../domain/access/upload-token.ts';
import { AppError } from '../../../domain/errors.ts';
import type { Details } from '../../../domain/facts/facts.ts';
import type { Image, PendingImage } from '../../../domain/image/image.ts';
import { IS_NEW } from '../../dynamodb/condition.ts';
import { failedConditions } from '../../dynamodb/fault.ts';
import type { Item } from '../../dynamodb/item.ts';
import { type PlacementRule, placementOf } from '../../dynamodb/placement.ts';
import type { Table, Write } from '../../dynamodb/table.ts';
import type { MonthCounts } from '../../usage/dynamodb/month-counts.ts';
import type { Counting, UsageCounts } from '../../usage/dynamodb/usage-counts.ts';
import { newAlbumWrites } from './album-rows.ts';
import type { ChangeLog } from './change-log.ts';
import { detailsWrites } from './details.ts';
import { facetsOf, itemOfFacet } from './facets.ts';
import { itemOf } from './image-item.ts';
import { type KnownIds, listed, NOTHING_KNOWN, type TakenIds } from './taken-ids.ts';
import { countedUse } from './token-uses.ts';

export interface NewRecordsOptions<Added extends Image> {
  readonly rule: PlacementRule;
  readonly newWriteId: () => string;
  /** undefined: usage isn't counted. */
  readonly counts: NewRecordCounts<Added> | undefined;
  readonly months: MonthCounts;
  /** undefined: this process needs no log of events. */
  readonly changes: ChangeLog | undefined;
  readonly takenIds: TakenIds;
}

/** `UsageCounts` for new records alone. */
interface NewRecordCounts<Added extends Image> {
  forNew(image: Added): Promise<Counting>;
  learnOfNew(image: Added, item: Item | undefined): Promise<void>;
  written(image: Added): void;
}

export interface NewRecord<Added extends Image = PendingImage> {
  readonly image: Added;
  readonly use: TokenUse | undefined;
  readonly details?: Details | undefined;
  /** Written in the same transaction, by its write's id. */
  readonly first?: (writeId: string) => Write;
}

/** A condition that failed: of `first`, or of the record. */
export interface FailedAddition {
  readonly writeId: string;
  readonly ofFirst: CancellationReason | undefined;
  readonly ofRecord: CancellationReason | undefined;
}

/** What is believed about an owner and the ids that are taken may be wrong, and be changed by others meanwhile. */
const ATTEMPTS = 6;
const RETRY_AFTER_SECONDS = 2;

/**
 * Adds a record, with all that belongs to it, in one transaction. Undefined once it is written. Errors:
 * `upload-token-used-up`, `external-id-taken`, `former-id-taken`, `quota-exceeded`.
 */
export function createNewRecords<Added extends Image = PendingImage>(
  table: Table,
  { rule, newWriteId, counts, months, changes, takenIds }: NewRecordsOptions<Added>,
) {
  return async ({ image, use, details, first }: NewRecord<Added>): Promise<FailedAddition | undefined> => {
    let ids: KnownIds = NOTHING_KNOWN;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const writeId = newWriteId();
      // First: what is known of a recount and of generations must be recent.
      const logging = (await changes?.writesOf(undefined, image)) ?? [];
      const { writes: counting, mark } = (await counts?.forNew(image)) ?? { writes: [], mark: null };
      const byMonth = await months.forRecord(image, null);
      const placement = placementOf(image.id, rule);
      const put = itemOf(image, { placement, writeId, mark, counted: byMonth.counted });
      const record: Write = { put, condition: IS_NEW };
      const before = first?.(writeId);
      const token = use && countedUse(use);
      const facets = facetsOf(image, placement).map((facet) => ({ put: itemOfFacet(facet) }));
      const ofIds = takenIds.writesOf(undefined, image, ids);
      const ofDetails = detailsWrites(image, { details, had: false });
      const rows = [...facets, ...newAlbumWrites(image)];
      const others = [...counting, ...byMonth.writes, ...listed(ofIds), ...rows, ...ofDetails, ...logging];
      const writes = [before, record, token, ...others].filter((write) => write !== undefined);
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
        ids = (await takenIds.learn(image, { writes: ofIds, known: ids, reasonOf })) ?? ids;
        const ofUsage = counting.map(reasonOf).find((reason) => reason !== undefined);
        if (ofUsage) await counts?.learnOfNew(image, ofUsage.Item);
      }
    }
    const detail = `expected the limits and ids of the owner to stay the same for a moment; got ${ATTEMPTS} changes: try again later`;
    throw new AppError('unavailable', detail, { retryAfterSeconds: RETRY_AFTER_SECONDS });
  };
}

/** Whether the record was written, perhaps by a request whose answer was lost. */
export const isAdded = (failed: FailedAddition | undefined): boolean =>
  !failed || failed.ofRecord?.Item?.['writeId']?.S === failed.writeId;

/** Adds records in any state, with their details, whatever the limits of their owners. False if the id is taken. */
export function createRecordAddition(
  table: Table,
  options: Pick<NewRecordsOptions<Image>, 'rule' | 'newWriteId' | 'months' | 'changes' | 'takenIds'> & {
    readonly counts: UsageCounts | undefined;
  },
): (image: Image, details?: Details) => Promise<boolean> {
  const { counts } = options;
  const add = createNewRecords<Image>(table, {
    ...options,
    counts: counts && {
      forNew: counts.forAdded,
      learnOfNew: ({ userId }, item) => counts.learn(userId, item),
      written: counts.written,
    },
  });
  return async (image, details) => isAdded(await add({ image, use: undefined, details }));
}

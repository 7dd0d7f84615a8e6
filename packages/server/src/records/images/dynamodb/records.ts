import { type Image, isDetailed, isStored, type PendingImage } from '../../../domain/image/image.ts';
import { failedConditions } from '../../dynamodb/fault.ts';
import type { Item } from '../../dynamodb/item.ts';
import { imageKey } from '../../dynamodb/item-keys.ts';
import { updateTo } from '../../dynamodb/item-update.ts';
import { isSamePlacement, type Placement, type PlacementRule, placementOf } from '../../dynamodb/placement.ts';
import { isNewer, newerRecord } from '../../dynamodb/schema-version.ts';
import type { Table, Write } from '../../dynamodb/table.ts';
import type { UnreadableRecords } from '../../unreadable-records.ts';
import type { MonthCounts } from '../../usage/dynamodb/month-counts.ts';
import type { Counting, UsageCounts } from '../../usage/dynamodb/usage-counts.ts';
import type { ImageRepository, ReplaceOptions } from '../image-repository.ts';
import { requireLegal } from '../replacement.ts';
import type { ChangeLog } from './change-log.ts';
import { detailsWrites, readDetails } from './details.ts';
import { type ExternalIds, type KnownIds, listed, NOTHING_KNOWN } from './external-ids.ts';
import { type FacetChanges, facetChanges, itemOfFacet } from './facets.ts';
import {
  countedAsIn,
  hasDetailsIn,
  IMAGE_ATTRIBUTES,
  idIn,
  imageOf,
  isStill,
  itemOf,
  markIn,
  placedIn,
  placedWith,
  placementIn,
  writeIdIn,
} from './image-item.ts';
import { type createNewRecords, isAdded } from './new-records.ts';

export interface RecordsOptions {
  readonly rule: PlacementRule;
  readonly newWriteId: () => string;
  readonly unreadable: UnreadableRecords;
  /** undefined: usage isn't counted. */
  readonly counts: UsageCounts | undefined;
  readonly months: MonthCounts;
  /** undefined: this process needs no log of events. */
  readonly changes: ChangeLog | undefined;
  readonly externalIds: ExternalIds;
  readonly add: ReturnType<typeof createNewRecords<PendingImage>>;
}

/**
 * Our guess, what the record's item says, an owner that has got limits, an external id that is taken over and one that
 * was, and twice more for what changes meanwhile: a backfill adds facets for lists over all owners, a walk places and
 * counts by month.
 */
const GUESSES = 8;

/** What is guessed of a record besides the image: its attributes on the item only, and items of external ids. */
interface Guess {
  readonly ids: KnownIds;
  readonly placement: Placement;
  readonly mark: string | null;
  /** The revision at which the place of a ready image was written. */
  readonly placed: number | null;
  readonly counted: string | null;
  readonly hasDetails: boolean;
}

/**
 * `again`: something was learnt. `ids`: about external ids. `found`: the current record, which isn't `from`; null: it
 * is missing.
 */
type Outcome = 'written' | 'again' | { readonly ids: KnownIds } | { readonly found: Item | null };

/**
 * Image records. A transition is one write, in a transaction with its facets, its details, its usage and its
 * event if there are any.
 */
export function createRecords(
  table: Table,
  { rule, newWriteId, unreadable, counts, months, changes, externalIds, add }: RecordsOptions,
): Pick<ImageRepository, 'create' | 'get' | 'findByExternalId' | 'getToChange' | 'replace' | 'details'> {
  async function write(
    from: Image,
    to: Image,
    { placement, mark, placed, counted, ids, hasDetails, details, changedDetails }: Guess & ReplaceOptions,
  ): Promise<Outcome> {
    const writeId = newWriteId();
    // First: what is known of a recount and of generations must be recent.
    const logging = (await changes?.writesOf(from, to, changedDetails)) ?? [];
    const [counting, byMonth] = await Promise.all([
      counts?.forChange(from, to, mark) ?? NOT_COUNTED,
      months.forRecord(to, counted),
    ]);
    const condition = isStill(itemOf(from, { placement, writeId, mark, placed, counted, hasDetails }));
    const item = itemOf(to, { placement, writeId, mark: counting.mark, counted: byMonth.counted });
    const update = updateTo(item, { known: IMAGE_ATTRIBUTES, condition });
    const record: Write = { update };
    const ofIds = externalIds.writesOf(from, to, ids);
    const facets = writesOf(facetChanges(from, to, { placement, isPlaced: placed === from.revision }));
    const ofDetails = detailsWrites(to, { details, had: hasDetails });
    const others = [...counting.writes, ...byMonth.writes, ...listed(ofIds), ...facets, ...ofDetails, ...logging];
    const writes = [record, ...others];
    try {
      if (writes.length === 1) await table.update(update);
      else await table.transact(writes, writeId);
      return 'written';
    } catch (error) {
      const failed = failedConditions(error);
      if (!failed) throw error;
      const reasonOf = (one: Write) => failed[writes.indexOf(one)];
      const ofRecord = reasonOf(record);
      if (ofRecord) return foundBy(ofRecord.Item, writeId);
      const ofUsage = counting.writes.map(reasonOf).find((reason) => reason !== undefined);
      if (ofUsage) await counts?.learn(to.userId, ofUsage.Item);
      const known = await externalIds.learn(to, { writes: ofIds, known: ids, reasonOf });
      if (known) return { ids: known };
      if (!ofUsage) throw error;
      return 'again';
    }
  }

  const readable = (item: Item | undefined): Image | undefined =>
    item && unreadable.requireReadable(idIn(item), () => imageOf(item));

  return {
    async create(image, tokenUse) {
      return isAdded(await add({ image, use: tokenUse }));
    },

    async get(id) {
      return readable(await table.get(imageKey(id)));
    },

    findByExternalId: externalIds.find,

    async getToChange(id) {
      const item = await table.get(imageKey(id));
      if (item && isNewer(item)) throw newerRecord(item);
      return readable(item);
    },

    details: (image) => readDetails(table, image),

    async replace(from, to, options = {}) {
      requireLegal(from, to, options.details);
      let guess: Guess = {
        placement: placementOf(from.id, rule),
        mark: null,
        placed: placedWith(from),
        counted: await months.guess(from),
        ids: NOTHING_KNOWN,
        hasDetails: isDetailed(from),
      };
      for (let attempt = 1; attempt <= GUESSES; attempt += 1) {
        const outcome = await write(from, to, { ...guess, ...options });
        if (outcome === 'written') return true;
        if (outcome === 'again') continue;
        if ('ids' in outcome) {
          guess = { ...guess, ids: outcome.ids };
          continue;
        }
        if (outcome.found === null) return false;
        const actual = guessIn(outcome.found, from, guess);
        if (isSameGuess(actual, guess)) return false;
        if (actual.mark !== null) await counts?.learnMark();
        await months.learn(actual.counted);
        guess = actual; // it was created under another setting, a recount or a walk has counted it, it has no place, or its details were left
      }
      return false;
    },
  };
}

/** Errors: `unavailable` if a newer version wrote the record. */
function foundBy(item: Item | undefined, writeId: string): Outcome {
  if (!item) return { found: null };
  if (isNewer(item)) throw newerRecord(item);
  return writeIdIn(item) === writeId ? 'written' : { found: item };
}

const guessIn = (item: Item, from: Image, { placement, ids }: Guess): Guess => ({
  ids,
  placement: from.status === 'ready' ? placementIn(item) : { ...placement, shard: placementIn(item).shard },
  mark: markIn(item),
  placed: from.status === 'ready' ? placedIn(item) : null,
  counted: countedAsIn(item),
  hasDetails: isStored(from) ? from.hasDetails : hasDetailsIn(item),
});

const isSameGuess = (one: Guess, other: Guess): boolean =>
  isSamePlacement(one.placement, other.placement) &&
  one.mark === other.mark &&
  one.placed === other.placed &&
  one.counted === other.counted &&
  one.hasDetails === other.hasDetails;

const NOT_COUNTED: Counting = { writes: [], mark: null };

const writesOf = ({ put, removed }: FacetChanges): Write[] => [
  ...put.map((facet) => ({ put: itemOfFacet(facet) })),
  ...removed.map((key) => ({ delete: key })),
];

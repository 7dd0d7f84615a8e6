import { albumNotFound } from '../../../domain/errors.ts';
import type { Image, PendingImage } from '../../../domain/image/image.ts';
import { failedConditions } from '../../dynamodb/fault.ts';
import type { Item } from '../../dynamodb/item.ts';
import { imageKey } from '../../dynamodb/item-keys.ts';
import { updateTo } from '../../dynamodb/item-update.ts';
import type { PlacementRule } from '../../dynamodb/placement.ts';
import { isNewer, newerRecord } from '../../dynamodb/schema-version.ts';
import type { Table, Write } from '../../dynamodb/table.ts';
import type { UnreadableRecords } from '../../unreadable-records.ts';
import type { MonthCounts } from '../../usage/dynamodb/month-counts.ts';
import type { Counting, UsageCounts } from '../../usage/dynamodb/usage-counts.ts';
import type { ImageRepository, ReplaceOptions } from '../image-repository.ts';
import { requireLegal } from '../replacement.ts';
import { albumWrites } from './album-rows.ts';
import type { ChangeLog } from './change-log.ts';
import { detailsWrites, readDetails } from './details.ts';
import { type FacetChanges, facetChanges, itemOfFacet } from './facets.ts';
import { asPlaced, firstGuess, type Guess, guessIn, isPlaced, isSameGuess } from './guess.ts';
import { IMAGE_ATTRIBUTES, idIn, imageOf, isStill, itemOf, writeIdIn } from './image-item.ts';
import { type createNewRecords, isAdded } from './new-records.ts';
import type { Place } from './placing.ts';
import { type KnownIds, listed, type TakenIds } from './taken-ids.ts';

export interface RecordsOptions {
  readonly rule: PlacementRule;
  readonly newWriteId: () => string;
  readonly unreadable: UnreadableRecords;
  /** undefined: usage isn't counted. */
  readonly counts: UsageCounts | undefined;
  readonly months: MonthCounts;
  /** undefined: this process needs no log of events. */
  readonly changes: ChangeLog | undefined;
  readonly takenIds: TakenIds;
  readonly add: ReturnType<typeof createNewRecords<PendingImage>>;
  readonly place: Place;
}

/**
 * Our guess, what the record's item says, an owner that has got limits, an external id that is taken over and one that
 * was, a record that must be placed first, and twice more for what changes meanwhile: a backfill adds facets for lists
 * over all owners, a walk places and counts by month.
 */
const GUESSES = 9;

/** "Quotas", Amazon DynamoDB Developer Guide. */
const MAX_ACTIONS = 100;

/**
 * `again`: something was learnt. A number: of actions, more than a transaction has. `ids`: about external and former
 * ids. `found`: the current record, which isn't `from`; null: it is missing.
 */
type Outcome = 'written' | 'again' | number | { readonly ids: KnownIds } | { readonly found: Item | null };

/**
 * Image records. A transition is one write, in a transaction with its facets, its details, its usage and its
 * event if there are any.
 */
export function createRecords(
  table: Table,
  { rule, newWriteId, unreadable, counts, months, changes, takenIds, add, place }: RecordsOptions,
): Pick<
  ImageRepository,
  'create' | 'get' | 'findByExternalId' | 'findByFormerId' | 'getToChange' | 'replace' | 'details'
> {
  async function write(
    from: Image,
    to: Image,
    guess: Guess,
    { details, changedDetails }: ReplaceOptions,
  ): Promise<Outcome> {
    const { ids, ...guessed } = guess;
    const { placement, mark, placed, counted, albumsListed, hasDetails } = guessed;
    const writeId = newWriteId();
    // First: what is known of a recount and of generations must be recent.
    const logging = (await changes?.writesOf(from, to, changedDetails)) ?? [];
    const [counting, byMonth] = await Promise.all([
      counts?.forChange(from, to, mark) ?? NOT_COUNTED,
      months.forRecord(to, counted),
    ]);
    const condition = isStill(itemOf(from, { ...guessed, writeId }));
    const item = itemOf(to, { placement, writeId, mark: counting.mark, counted: byMonth.counted });
    const update = updateTo(item, { known: IMAGE_ATTRIBUTES, condition });
    const record: Write = { update };
    const ofIds = takenIds.writesOf(from, to, ids);
    const facets = writesOf(facetChanges(from, to, { placement, isPlaced: placed === from.revision }));
    const ofDetails = detailsWrites(to, { details, had: hasDetails });
    const ofAlbums = albumWrites(from, to, albumsListed);
    const rows = [...facets, ...ofAlbums];
    const others = [...counting.writes, ...byMonth.writes, ...listed(ofIds), ...rows, ...ofDetails, ...logging];
    const writes = [record, ...others];
    if (writes.length > MAX_ACTIONS) return writes.length;
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
      if (ofAlbums.some(reasonOf)) throw albumNotFound();
      const ofUsage = counting.writes.map(reasonOf).find((reason) => reason !== undefined);
      if (ofUsage) await counts?.learn(to.userId, ofUsage.Item);
      const known = await takenIds.learn(to, { writes: ofIds, known: ids, reasonOf });
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

    findByExternalId: takenIds.findByExternalId,
    findByFormerId: takenIds.findByFormerId,

    async getToChange(id) {
      const item = await table.get(imageKey(id));
      if (item && isNewer(item)) throw newerRecord(item);
      return readable(item);
    },

    details: (image) => readDetails(table, image),

    async replace(from, to, options = {}) {
      requireLegal(from, to, options.details);
      let guess = firstGuess(from, rule, await months.guess(from));
      for (let attempt = 1; attempt <= GUESSES; attempt += 1) {
        const outcome = await write(from, to, guess, options);
        if (outcome === 'written') return true;
        if (outcome === 'again') continue;
        if (typeof outcome === 'number') {
          if (isPlaced(from, guess)) throw tooLarge(from, outcome);
          await place(from.id);
          guess = { ...guess, ...asPlaced(from) };
          continue;
        }
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

/** Operations refuse such a change (domain/lists/rows-of-change.ts). */
const tooLarge = ({ id }: Image, actions: number): Error =>
  new Error(`expected a change of image ${id} by at most ${MAX_ACTIONS} actions; got ${actions}`);

const NOT_COUNTED: Counting = { writes: [], mark: null };

const writesOf = ({ put, removed }: FacetChanges): Write[] => [
  ...put.map((facet) => ({ put: itemOfFacet(facet) })),
  ...removed.map((key) => ({ delete: key })),
];

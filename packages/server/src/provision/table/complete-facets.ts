import { randomUUID } from 'node:crypto';
import type { ImageId } from '../../domain/image-id.ts';
import { facetsOf } from '../../image-repository/dynamodb/facets.ts';
import { failedConditions } from '../../image-repository/dynamodb/fault.ts';
import { type Item, imageOf, placementIn, writeIdIn } from '../../image-repository/dynamodb/image-item.ts';
import { attributesOfKey, type ItemKey, imageKey } from '../../image-repository/dynamodb/item-keys.ts';
import type { Placement } from '../../image-repository/dynamodb/placement.ts';
import { isNewer, newerRecord, unlessNewer } from '../../image-repository/dynamodb/schema-version.ts';
import type { Table } from '../../image-repository/dynamodb/table.ts';
import type { Mode } from '../make-right.ts';

export interface CompleteFacetsOptions {
  readonly table: Table;
  /** Images that were made without facets for lists over all owners get them, too. */
  readonly globalLists: boolean;
  readonly mode: Mode;
}

/** What a record should have beside it. */
export interface Wanted {
  readonly facets: readonly ItemKey[];
  readonly placement: Placement;
  /** The record says that it has them. */
  readonly isSaid: boolean;
}

/**
 * An image that isn't ready wants nothing: whoever makes it ready sees to its facets. Errors: `unavailable` of a record that
 * a newer version wrote, whose backfill is the one to run.
 */
export function wantedFor(item: Item, { globalLists }: Pick<CompleteFacetsOptions, 'globalLists'>): Wanted {
  if (isNewer(item)) throw newerRecord(item);
  const image = imageOf(item);
  const is = placementIn(item);
  if (image.status !== 'ready') return { facets: [], placement: is, isSaid: true };
  const placement = { ...is, hasGlobalFacets: is.hasGlobalFacets || globalLists };
  return { facets: facetsOf(image, placement), placement, isSaid: placement.hasGlobalFacets === is.hasGlobalFacets };
}

export const keyName = ({ pk, sk }: ItemKey): string => `${pk} ${sk}`;
/** Of items whose keys are all that matters. */
export const namesOf = (items: readonly Item[]): Set<string> =>
  new Set(items.map((item) => keyName({ pk: item['pk']?.S ?? '', sk: item['sk']?.S ?? '' })));

/** Each one is somebody's change of the same record, made between our read and our write. */
const ATTEMPTS = 20;

/** Writes what the image lacks of its facets, or only finds it: how many; undefined of an image that is right. */
export async function completeFacets(options: CompleteFacetsOptions, id: ImageId): Promise<number | undefined> {
  const { table, mode } = options;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const item = await table.get(imageKey(id));
    if (item === undefined) return undefined;
    const { facets, placement, isSaid } = wantedFor(item, options);
    const there = namesOf(await table.getMany(facets, 'strong'));
    const missing = facets.filter((key) => !there.has(keyName(key)));
    if (isSaid && missing.length === 0) return undefined;
    if (mode === 'dry-run' || (await write(table, id, { item, placement, missing }))) return missing.length;
  }
  throw new Error(`Image ${id} changed ${ATTEMPTS} times while its facets were completed: run this again`);
}

interface Completion {
  readonly item: Item;
  readonly placement: Placement;
  readonly missing: readonly ItemKey[];
}

/** False where the record is no longer what was read: its facets may be others, or it may be gone. */
async function write(table: Table, id: ImageId, { item, placement, missing }: Completion): Promise<boolean> {
  // The write id stays: whoever lost the answer to that write still recognizes it as its own.
  const update = {
    key: imageKey(id),
    set: { hasGlobalFacets: { BOOL: placement.hasGlobalFacets } },
    remove: [],
    condition: unlessNewer({
      ConditionExpression: 'writeId = :writeId',
      ExpressionAttributeValues: { ':writeId': { S: writeIdIn(item) } },
    }),
  };
  try {
    await table.transact([{ update }, ...missing.map((key) => ({ put: attributesOfKey(key) }))], randomUUID());
    return true;
  } catch (error) {
    if (failedConditions(error) === undefined) throw error;
    return false;
  }
}

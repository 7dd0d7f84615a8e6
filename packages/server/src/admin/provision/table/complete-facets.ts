import { randomUUID } from 'node:crypto';
import type { ImageId } from '../../../domain/image/image-id.ts';
import { failedConditions } from '../../../records/dynamodb/fault.ts';
import type { Item } from '../../../records/dynamodb/item.ts';
import { type ItemKey, imageKey } from '../../../records/dynamodb/item-keys.ts';
import type { Placement } from '../../../records/dynamodb/placement.ts';
import { isNewer, newerRecord, unlessNewer } from '../../../records/dynamodb/schema-version.ts';
import type { Table } from '../../../records/dynamodb/table.ts';
import { type Facet, facetsOf, itemOfFacet } from '../../../records/images/dynamodb/facets.ts';
import { imageOf, placementIn, writeIdIn } from '../../../records/images/dynamodb/image-item.ts';
import type { Mode } from '../make-right.ts';

export interface CompleteFacetsOptions {
  readonly table: Table;
  /** Also adds facets for lists over all owners to images without them. */
  readonly globalLists: boolean;
  readonly mode: Mode;
}

/** The facets that a record requires. */
export interface Wanted {
  readonly facets: readonly Facet[];
  readonly placement: Placement;
  /** Whether the record says that it has them. */
  readonly isSaid: boolean;
}

/**
 * An image that isn't ready needs none: the transition to ready writes them. Errors: `unavailable` for a record of a
 * newer version, whose own backfill must run.
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
/** The names of the items' keys; other attributes don't matter. */
export const namesOf = (items: readonly Item[]): Set<string> =>
  new Set(items.map((item) => keyName({ pk: item['pk']?.S ?? '', sk: item['sk']?.S ?? '' })));

/** Each attempt lost to a concurrent change of the same record. */
const ATTEMPTS = 20;

/** Writes an image's missing facets, or only counts them; undefined for a complete image. */
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
  readonly missing: readonly Facet[];
}

/** False if the record has changed: its facets may differ, or it may be gone. */
async function write(table: Table, id: ImageId, { item, placement, missing }: Completion): Promise<boolean> {
  // The write id stays, so that a writer that lost its answer still recognizes its write.
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
    await table.transact([{ update }, ...missing.map((facet) => ({ put: itemOfFacet(facet) }))], randomUUID());
    return true;
  } catch (error) {
    if (failedConditions(error) === undefined) throw error;
    return false;
  }
}

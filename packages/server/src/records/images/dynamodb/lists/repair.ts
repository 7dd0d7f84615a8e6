import { randomUUID } from 'node:crypto';
import type { ImageId } from '../../../../domain/image/image-id.ts';
import { counterOfRow, countRow } from '../../../albums/dynamodb/album-counts.ts';
import { EXISTS, IS_NEW } from '../../../dynamodb/condition.ts';
import type { Item } from '../../../dynamodb/item.ts';
import { albumRowsPartition, type ItemKey, imageKey } from '../../../dynamodb/item-keys.ts';
import { isNewer } from '../../../dynamodb/schema-version.ts';
import type { Table, Write } from '../../../dynamodb/table.ts';
import { albumRowsOf } from '../album-rows.ts';
import { facetsOf } from '../facets.ts';
import { albumsListedIn, imageOf, isStill, placementIn } from '../image-item.ts';
import type { Place } from '../placing.ts';

/**
 * Removes a facet, or a row of an album with its count, if its image doesn't have it at the time of the write. If the
 * record says that its rows of albums exist, all of them go, and what it says.
 */
export function createRepair(table: Table, place: Place) {
  return async (key: ItemKey, record: Item | undefined): Promise<void> => {
    if (record && isNewer(record)) return; // only that version knows its facets
    if (record && isOf(record, key)) return;
    const counter = counterOfRow(key);
    // A concurrent writer of the image corrects its facets, and the next list sees leftovers.
    if (record && saysRowOf(record, key)) await ignoringFaults(place(key.sk as ImageId));
    else await ignoringFaults(table.transact(removal(key, { record, counter }), randomUUID()));
  };
}

const isOf = (record: Item, { pk }: ItemKey): boolean => {
  const image = imageOf(record);
  return [...facetsOf(image, placementIn(record)), ...albumRowsOf(image)].some((facet) => facet.pk === pk);
};

/** Whether the record says that its row exists, which its status doesn't allow. */
const saysRowOf = (record: Item, { pk }: ItemKey): boolean => {
  const image = imageOf(record);
  const partitions = image.albums.map(({ albumId }) => albumRowsPartition(image.userId, albumId));
  return albumsListedIn(record) !== null && partitions.includes(pk);
};

interface Removed {
  readonly record: Item | undefined;
  readonly counter: ItemKey | undefined;
}

function removal(key: ItemKey, { record, counter }: Removed): readonly Write[] {
  const check = { check: imageKey(key.sk as ImageId), condition: record ? isStill(record) : IS_NEW };
  return counter ? [check, { delete: key, condition: EXISTS }, countRow(counter, -1)] : [check, { delete: key }];
}

const ignoringFaults = (work: Promise<unknown>): Promise<unknown> => work.catch(() => undefined);

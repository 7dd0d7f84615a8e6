import type { Details } from '../../../domain/facts/facts.ts';
import { type Image, isDetailed, type StoredImage } from '../../../domain/image/image.ts';
import { text } from '../../dynamodb/attributes.ts';
import type { Item } from '../../dynamodb/item.ts';
import { attributesOfKey, detailsKey } from '../../dynamodb/item-keys.ts';
import type { Table, Write } from '../../dynamodb/table.ts';
import { detailsText, storedDetails } from '../facts-text.ts';

/**
 * Details: an item of their own, put and deleted in the transaction that writes the image's record.
 *
 * A process of a version without details keeps the record's attribute `hasDetails` and knows no item, so an image that
 * it ends leaves both behind. The attribute is in the condition of each write: the next write of the record fails,
 * learns of it, and removes both.
 */
export function detailsWrites(
  to: Image,
  { details, had }: { readonly details: Details | null | undefined; readonly had: boolean },
): readonly Write[] {
  if (isDetailed(to)) return details ? [putDetails(to, details)] : [];
  return had ? [{ delete: detailsKey(to) }] : [];
}

const putDetails = (image: Image, details: Details): Write => ({
  put: { ...attributesOfKey(detailsKey(image)), details: { S: detailsText(details) } },
});

export const detailsIn = (item: Item): Details | null => storedDetails(text(item, 'details'));

export async function readDetails(table: Pick<Table, 'get'>, image: StoredImage): Promise<Details | null> {
  const item = image.hasDetails ? await table.get(detailsKey(image)) : undefined;
  return item ? detailsIn(item) : null;
}

import type { Erasure } from '../../../domain/user/erasure.ts';
import { text, time } from '../../dynamodb/attributes.ts';
import type { Item } from '../../dynamodb/item.ts';
import { attributesOfKey, ERASURES, erasureKey } from '../../dynamodb/item-keys.ts';
import { idsIn, idsText } from '../stored-deletion.ts';

export const erasureItem = (erasure: Erasure): Item => ({
  ...attributesOfKey(erasureKey(erasure)),
  id: { S: erasure.id },
  userHash: { S: erasure.userHash },
  erasedAt: { N: String(erasure.erasedAt.getTime()) },
  blockedUntil: { N: String(erasure.blockedUntil.getTime()) },
  imageIds: { S: idsText(erasure.imageIds) },
});

/** Whether an item of the partition is an erasure. */
export const isErasure = (item: Item): boolean => item['sk']?.S?.startsWith(ERASURES.parts) === true;

/** Errors: TypeError. */
export const erasureIn = (item: Item): Erasure => ({
  id: text(item, 'id'),
  userHash: text(item, 'userHash'),
  erasedAt: time(item, 'erasedAt'),
  blockedUntil: time(item, 'blockedUntil'),
  imageIds: idsIn(text(item, 'imageIds')),
});

/** The key of the hashes, if it is in that item. */
export const erasureKeyIn = (item: Item): string | undefined =>
  item['sk']?.S === ERASURES.key ? text(item, 'key') : undefined;

import type { Item } from './image-item.ts';
import type { ItemKey } from './item-keys.ts';
import { attributesOfKey } from './item-keys.ts';
import type { Condition } from './table.ts';

/** A write that leaves alone what it doesn't know. */
export interface ItemUpdate {
  readonly key: ItemKey;
  readonly set: Item;
  readonly remove: readonly string[];
  readonly condition: Condition;
}

/** Makes an item what `item` says about the attributes in `known`. Those that another version added to it stay. */
export function updateTo(
  { pk, sk, ...set }: Item,
  { known, condition }: { readonly known: readonly string[]; readonly condition: Condition },
): ItemUpdate {
  const key = { pk: pk?.S ?? '', sk: sk?.S ?? '' };
  return { key, set, remove: known.filter((name) => !(name in set)), condition };
}

/** In the words of UpdateItem, and of the Update of a transaction. */
export function updateInput({ key, set, remove, condition }: ItemUpdate) {
  const names = Object.fromEntries([...Object.keys(set), ...remove].map((name) => [`#${name}`, name]));
  const values = Object.fromEntries(Object.entries(set).map(([name, value]) => [`:to_${name}`, value]));
  const setting = Object.keys(set).map((name) => `#${name} = :to_${name}`);
  const removing = remove.map((name) => `#${name}`);
  return {
    Key: attributesOfKey(key),
    UpdateExpression: `SET ${setting}${removing.length > 0 ? ` REMOVE ${removing}` : ''}`,
    ConditionExpression: condition.ConditionExpression,
    ExpressionAttributeNames: { ...condition.ExpressionAttributeNames, ...names },
    ExpressionAttributeValues: { ...condition.ExpressionAttributeValues, ...values },
  };
}

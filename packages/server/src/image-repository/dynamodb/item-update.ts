import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Condition } from './condition.ts';
import { attributesOfKey, type ItemKey } from './item-keys.ts';

type Attributes = Readonly<Record<string, AttributeValue>>;

/** A write that preserves unknown attributes. */
export interface ItemUpdate {
  readonly key: ItemKey;
  readonly set: Attributes;
  readonly remove: readonly string[];
  readonly condition?: Condition;
}

/** Sets the attributes in `known` to those of `item`. Attributes of other versions stay. */
export function updateTo(
  { pk, sk, ...set }: Attributes,
  { known, condition }: { readonly known: readonly string[]; readonly condition: Condition },
): ItemUpdate {
  const key = { pk: pk?.S ?? '', sk: sk?.S ?? '' };
  return { key, set, remove: known.filter((name) => !(name in set)), condition };
}

/** In the form of UpdateItem, and of the Update of a transaction. */
export function updateInput({ key, set, remove, condition }: ItemUpdate) {
  const names = Object.fromEntries([...Object.keys(set), ...remove].map((name) => [`#${name}`, name]));
  const values = Object.fromEntries(Object.entries(set).map(([name, value]) => [`:to_${name}`, value]));
  const setting = Object.keys(set).map((name) => `#${name} = :to_${name}`);
  const removing = remove.map((name) => `#${name}`);
  return {
    Key: attributesOfKey(key),
    UpdateExpression: `SET ${setting}${removing.length > 0 ? ` REMOVE ${removing}` : ''}`,
    ...condition,
    ExpressionAttributeNames: { ...condition?.ExpressionAttributeNames, ...names },
    ExpressionAttributeValues: { ...condition?.ExpressionAttributeValues, ...values },
  };
}

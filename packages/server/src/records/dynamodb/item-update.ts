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
    UpdateExpression: [
      ...(setting.length > 0 ? [`SET ${setting}`] : []),
      ...(removing.length > 0 ? [`REMOVE ${removing}`] : []),
    ].join(' '),
    ...condition,
    ExpressionAttributeNames: { ...condition?.ExpressionAttributeNames, ...names },
    ...(Object.keys({ ...condition?.ExpressionAttributeValues, ...values }).length > 0 && {
      ExpressionAttributeValues: { ...condition?.ExpressionAttributeValues, ...values },
    }),
  };
}

/** Adds numbers to attributes, which are 0 while they are absent. */
export interface ItemAddition {
  readonly key: ItemKey;
  /** Those of 0 are left out. */
  readonly add: Readonly<Record<string, number>>;
  readonly set?: Attributes;
  readonly condition?: Condition | undefined;
}

/** In the form of the Update of a transaction. */
export function additionInput({ key, add, set = {}, condition }: ItemAddition) {
  const adding = Object.entries(add).filter(([, value]) => value !== 0);
  const setting = Object.entries(set);
  const names = [...adding, ...setting].map(([name], index): [string, string] => [`#n${index}`, name]);
  const values = [...adding.map(([, value]) => ({ N: String(value) })), ...setting.map(([, value]) => value)];
  const terms = names.map(([name], index) => ({ name, value: `:v${index}` }));
  const added = terms.slice(0, adding.length).map(({ name, value }) => `${name} ${value}`);
  const assigned = terms.slice(adding.length).map(({ name, value }) => `${name} = ${value}`);
  const clauses = [...(added.length > 0 ? [`ADD ${added}`] : []), ...(assigned.length > 0 ? [`SET ${assigned}`] : [])];
  return {
    Key: attributesOfKey(key),
    UpdateExpression: clauses.join(' '),
    ...(condition && { ConditionExpression: condition.ConditionExpression }),
    ExpressionAttributeNames: { ...condition?.ExpressionAttributeNames, ...Object.fromEntries(names) },
    ExpressionAttributeValues: {
      ...condition?.ExpressionAttributeValues,
      ...Object.fromEntries(values.map((value, index) => [`:v${index}`, value])),
    },
  };
}

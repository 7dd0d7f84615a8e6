import type { Item } from '../../src/records/dynamodb/item.ts';
import { attributesOfKey } from '../../src/records/dynamodb/item-keys.ts';
import { BY_DUE_TIME, TABLE_KEY } from '../../src/records/dynamodb/schema.ts';
import type { Call } from '../faults/faulty-proxy.ts';
import { type Asked, askedIn, batchIn } from './request.ts';

/** An eventually consistent read may return the table as it was before an image's last write. */
export function answerOfPast(asked: Asked, performed: readonly Call[]): object {
  const changes = performed.filter(({ answer }) => answer?.status === 200).map(({ body }) => changesIn(askedIn(body)));
  const last = changes.findLastIndex(({ puts, updates }) =>
    [...puts, ...updates.map(({ Key }) => Key)].some((item) => partitionOf(item).startsWith('I#')),
  );
  const items = new Map<string, Item>();
  for (const { puts, updates, deletes } of changes.slice(0, Math.max(last, 0))) {
    for (const item of puts) items.set(nameOf(item), item);
    for (const one of updates) items.set(nameOf(one.Key), updated(items.get(nameOf(one.Key)), one));
    for (const key of deletes) items.delete(nameOf(key));
  }
  if (asked.RequestItems === undefined) return answerOfQuery(asked, [...items.values()]);
  const { table, keys } = batchIn(asked);
  return { Responses: { [table]: keys.map((key) => items.get(nameOf(key))).filter(isThere) }, UnprocessedKeys: {} };
}

const partitionOf = (item: Item): string => item[TABLE_KEY.partition]?.S ?? '';
const nameOf = (item: Item): string => `${partitionOf(item)} ${item[TABLE_KEY.sort]?.S}`;

const isThere = (item: Item | undefined): item is Item => item !== undefined;

interface Changes {
  readonly puts: readonly Item[];
  readonly updates: readonly Update[];
  readonly deletes: readonly Item[];
}

interface Update {
  readonly Key: Item;
  readonly UpdateExpression: string;
  readonly ExpressionAttributeNames: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues: Item;
}

/** The changes of a write; a read changes nothing. */
function changesIn(asked: Asked): Changes {
  const { Item, TransactItems = [] } = asked;
  return {
    updates: [asked, ...TransactItems.map(({ Update }) => Update)].filter(isUpdate),
    puts: [Item, ...TransactItems.map(({ Put }) => Put?.Item)].filter(isThere),
    deletes: TransactItems.map(({ Delete }) => Delete?.Key).filter(isThere),
  };
}

const isUpdate = (asked: object | undefined): asked is Update => asked !== undefined && 'UpdateExpression' in asked;

/** `SET #name = :to_name,... REMOVE #name,...`, as the repository writes it. */
function updated(item: Item = {}, update: Update): Item {
  const next: Item = { ...item, ...update.Key };
  for (const [placeholder, value] of Object.entries(update.ExpressionAttributeValues)) {
    if (placeholder.startsWith(':to_')) next[placeholder.slice(':to_'.length)] = value;
  }
  const [, removed = ''] = update.UpdateExpression.split(' REMOVE ');
  for (const placeholder of removed.split(',')) delete next[update.ExpressionAttributeNames[placeholder] ?? ''];
  return next;
}

const CONDITION =
  /^(?<partition>\w+) = (?<value>:\w+) AND (?<sort>\w+) (?:BETWEEN (?<first>:\w+) AND|<=) (?<last>:\w+)$/;

function answerOfQuery(asked: Asked, items: readonly Item[]): object {
  const { KeyConditionExpression = '', ExpressionAttributeValues: values = {}, Limit = 1_000 } = asked;
  const named = CONDITION.exec(KeyConditionExpression)?.groups;
  if (!named) throw new Error(`expected a condition as the repository writes them; got ${KeyConditionExpression}`);
  const boundOf = (name = ''): string => values[name]?.S ?? '';
  const sortOf = (item: Item): string => item[named['sort'] ?? '']?.S ?? '';
  const [first, last] = [boundOf(named['first']), boundOf(named['last'])];
  const found = items
    .filter((item) => item[named['partition'] ?? '']?.S === boundOf(named['value']))
    .filter((item) => first <= sortOf(item) && sortOf(item) <= last)
    .toSorted((a, b) => (sortOf(a) < sortOf(b) === (asked.ScanIndexForward ?? true) ? -1 : 1));
  const page = found.slice(0, Limit).map((item) => (asked.IndexName === BY_DUE_TIME.name ? keysOf(item) : item));
  const end = found.length > Limit ? page.at(-1) : undefined;
  return { Items: page, Count: page.length, ...(end && { LastEvaluatedKey: end }) };
}

/** The attributes of a keys-only index. */
const keysOf = (item: Item): Item => ({
  ...attributesOfKey({ pk: partitionOf(item), sk: item[TABLE_KEY.sort]?.S ?? '' }),
  ...Object.fromEntries(
    Object.entries(item).filter(([name]) => [BY_DUE_TIME.partition, BY_DUE_TIME.sort].some((one) => one === name)),
  ),
});

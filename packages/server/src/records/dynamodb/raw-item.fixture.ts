import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { TestTable } from '../../../../../test/servers/table.ts';
import type { Item } from './item.ts';
import { attributesOfKey, type ItemKey } from './item-keys.ts';

type Named = Pick<TestTable, 'client' | 'name'>;

/** The item as it is stored. */
export async function rawItem({ client, name }: Named, key: ItemKey): Promise<Item | undefined> {
  const command = new GetItemCommand({ TableName: name, Key: attributesOfKey(key), ConsistentRead: true });
  return (await client.send(command)).Item;
}

/** Adds attributes to a stored item, like another version of the service. */
export async function giveAttributes({ client, name }: Named, key: ItemKey, given: Item): Promise<void> {
  const entries = Object.entries(given);
  await client.send(
    new UpdateItemCommand({
      TableName: name,
      Key: attributesOfKey(key),
      UpdateExpression: `SET ${entries.map((_, n) => `#a${n} = :a${n}`)}`,
      ExpressionAttributeNames: Object.fromEntries(entries.map(([attribute], n) => [`#a${n}`, attribute])),
      ExpressionAttributeValues: Object.fromEntries(entries.map(([, value], n) => [`:a${n}`, value])),
    }),
  );
}

/** Removes an attribute from a stored item. */
export async function removeAttribute({ client, name }: Named, key: ItemKey, attribute: string): Promise<void> {
  await client.send(
    new UpdateItemCommand({
      TableName: name,
      Key: attributesOfKey(key),
      UpdateExpression: 'REMOVE #removed',
      ExpressionAttributeNames: { '#removed': attribute },
    }),
  );
}

/** Attributes of a record that the next version wrote, with one that this version doesn't know. */
export const NEWER: Item = { schemaVersion: { N: '10' }, moderation: { M: { verdict: { S: 'fine' } } } };

/** An attribute that another process of the same version may have added. */
export const ADDED: Item = { moderation: { M: { verdict: { S: 'fine' } } }, note: { S: 'kept' } };

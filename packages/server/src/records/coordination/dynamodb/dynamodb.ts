import { text } from '../../dynamodb/attributes.ts';
import { isWritten } from '../../dynamodb/fault.ts';
import { attributesOfKey, leaseKey, sharedKey } from '../../dynamodb/item-keys.ts';
import type { Table } from '../../dynamodb/table.ts';
import { type Coordination, LONGEST_LEASE_SECONDS } from '../coordination.ts';

/** Leases and bookmarks in the table of the records. */
export function createDynamodbCoordination(table: Table): Coordination {
  return {
    async holdLease({ name, holder, until }, now) {
      return isWritten(
        table.put(
          {
            ...attributesOfKey(leaseKey(name)),
            holder: { S: holder },
            leaseUntil: { N: String(until.getTime()) },
          },
          {
            ConditionExpression:
              'attribute_not_exists(pk) OR holder = :holder OR leaseUntil <= :now OR leaseUntil > :implausible',
            ExpressionAttributeValues: {
              ':holder': { S: holder },
              ':now': { N: String(now.getTime()) },
              ':implausible': { N: String(now.getTime() + LONGEST_LEASE_SECONDS * 1000) },
            },
          },
        ),
      );
    },

    async renewLease({ name, holder, until }, now) {
      return isWritten(
        table.update({
          key: leaseKey(name),
          set: { leaseUntil: { N: String(until.getTime()) } },
          remove: [],
          condition: {
            ConditionExpression: 'holder = :holder AND leaseUntil > :now',
            ExpressionAttributeValues: { ':holder': { S: holder }, ':now': { N: String(now.getTime()) } },
          },
        }),
      );
    },

    async bookmark(name) {
      const item = await table.get(sharedKey(name));
      return item && text(item, 'position');
    },

    async setBookmark(name, position) {
      await table.update({ key: sharedKey(name), set: { position: { S: position } }, remove: [] });
    },
  };
}

import type { Revocation } from '../../../domain/access/revocation.ts';
import { CHANGED, retryWhileChanged } from '../../../flow/retry-while-changed.ts';
import type { Condition } from '../../dynamodb/condition.ts';
import { failedConditions, isWritten } from '../../dynamodb/fault.ts';
import type { Table } from '../../dynamodb/table.ts';
import type { RevocationRepository } from '../revocation-repository.ts';
import { revocationIn, revocationItem, revocationKey } from './revocation-item.ts';

/** Revocations in the images' table, each an item, which DynamoDB removes by its `ttl`. */
export function createDynamodbRevocationRepository(table: Table): RevocationRepository {
  return {
    add: (revocation) =>
      retryWhileChanged(async () =>
        (await restoreRevocation(table, revocation)) ? revocation : ((await postponed(table, revocation)) ?? CHANGED),
      ),

    async of({ id, userId }) {
      const all = [
        { userId, tokenId: null },
        { userId, tokenId: id },
        { userId: null, tokenId: id },
      ];
      return (await table.getMany(all.map(revocationKey), 'strong')).map(revocationIn);
    },

    async ofUser(userId) {
      const item = await table.get(revocationKey({ userId, tokenId: null }));
      return item && revocationIn(item);
    },
  };
}

/** Restores a revocation; false if one of the same tokens exists that isn't earlier. */
export const restoreRevocation = (table: Table, revocation: Revocation): Promise<boolean> =>
  isWritten(table.put(revocationItem(revocation), where('attribute_not_exists(pk) OR notBefore < :at', revocation)));

/** Postpones the stored `notBefore` of the same tokens by a millisecond; undefined: DynamoDB has just removed it. */
async function postponed(table: Table, revocation: Revocation): Promise<Revocation | undefined> {
  const { ConditionExpression, ExpressionAttributeValues } = where('notBefore >= :at', revocation);
  try {
    const former = await table.change(revocationKey(revocation), {
      UpdateExpression: 'ADD notBefore :millisecond',
      ConditionExpression,
      ExpressionAttributeValues: { ...ExpressionAttributeValues, ':millisecond': { N: '1' } },
    });
    if (!former) return undefined;
    const { notBefore, ...rest } = revocationIn(former);
    return { ...rest, notBefore: new Date(notBefore.getTime() + 1) };
  } catch (error) {
    if (failedConditions(error)) return undefined;
    throw error;
  }
}

const where = (ConditionExpression: string, { notBefore }: Revocation): Condition => ({
  ConditionExpression,
  ExpressionAttributeValues: { ':at': { N: String(notBefore.getTime()) } },
});

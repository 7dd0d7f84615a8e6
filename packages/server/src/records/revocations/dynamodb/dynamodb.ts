import type { Revocation } from '../../../domain/access/revocation.ts';
import type { Condition } from '../../dynamodb/condition.ts';
import { isWritten } from '../../dynamodb/fault.ts';
import type { Table } from '../../dynamodb/table.ts';
import type { RevocationRepository } from '../revocation-repository.ts';
import { revocationIn, revocationItem, revocationKey } from './revocation-item.ts';

/** Revocations in the images' table, each an item, which DynamoDB removes by its `ttl`. */
export function createDynamodbRevocationRepository(table: Table): RevocationRepository {
  return {
    add: (revocation) => isWritten(table.put(revocationItem(revocation), isEarlier(revocation))),

    async of({ id, userId }) {
      const subjects = [
        { userId, tokenId: null },
        { userId, tokenId: id },
        { userId: null, tokenId: id },
      ];
      return (await table.getMany(subjects.map(revocationKey), 'strong')).map(revocationIn);
    },

    async ofUser(userId) {
      const item = await table.get(revocationKey({ userId, tokenId: null }));
      return item && revocationIn(item);
    },
  };
}

const isEarlier = ({ notBefore }: Revocation): Condition => ({
  ConditionExpression: 'attribute_not_exists(pk) OR notBefore < :at',
  ExpressionAttributeValues: { ':at': { N: String(notBefore.getTime()) } },
});

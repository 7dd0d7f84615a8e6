import type { TokenUse } from '../../../domain/access/upload-token.ts';
import { tokenUsesKey } from '../../dynamodb/item-keys.ts';
import { TTL_ATTRIBUTE } from '../../dynamodb/schema.ts';
import type { Table, Write } from '../../dynamodb/table.ts';

/** The write that counts one more upload of a token. It fails if `maxImages` are counted. */
export const countedUse = ({ tokenId, maxImages, forgetAt }: TokenUse): Write => ({
  add: {
    key: tokenUsesKey(tokenId),
    add: { used: 1 },
    set: { [TTL_ATTRIBUTE]: { N: String(Math.ceil(forgetAt.getTime() / 1000)) } },
    condition: {
      ConditionExpression: 'attribute_not_exists(used) OR used < :max',
      ExpressionAttributeValues: { ':max': { N: String(maxImages) } },
    },
  },
});

/** Whether `countedUse` would fail. */
export async function isUsedUp(table: Pick<Table, 'get'>, { tokenId, maxImages }: TokenUse): Promise<boolean> {
  const item = await table.get(tokenUsesKey(tokenId));
  return Number(item?.['used']?.N ?? 0) >= maxImages;
}

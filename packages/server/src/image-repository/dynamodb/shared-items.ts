import { randomBytes } from 'node:crypto';
import { AppError } from '../../domain/errors.ts';
import { integer, text } from './attributes.ts';
import { IS_NEW } from './condition.ts';
import { attributesOfKey, sharedKey } from './item-keys.ts';
import { itemInTheWay } from './records.ts';
import type { Table } from './table.ts';

const SECRET_BYTES = 32;

/** The secret of all processes that use the table, made by whoever comes first. */
export async function sharedSecret(table: Table): Promise<string> {
  const key = sharedKey('secret');
  const known = await table.get(key);
  if (known) return text(known, 'secret');
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  try {
    await table.put({ ...attributesOfKey(key), secret: { S: secret } }, IS_NEW);
    return secret;
  } catch (error) {
    return text(itemInTheWay(error) ?? {}, 'secret');
  }
}

/**
 * Keeps who looks into too few shards from starting, since its lists would lack images. Errors: `unavailable`, with a
 * sentence for the operator.
 */
export async function requireShards(
  table: Table,
  { shards, writtenShards }: { readonly shards: number; readonly writtenShards: number },
): Promise<void> {
  const key = sharedKey('shards');
  try {
    await table.put(
      { ...attributesOfKey(key), written: { N: String(writtenShards) } },
      {
        ConditionExpression: 'attribute_not_exists(pk) OR written < :written',
        ExpressionAttributeValues: { ':written': { N: String(writtenShards) } },
      },
    );
  } catch (error) {
    const written = integer(itemInTheWay(error) ?? {}, 'written');
    if (written <= shards) return;
    throw new AppError(
      'unavailable',
      `Images of the table are in ${written} shards, but lists would read ${shards}: set FEED_SHARDS to ${written} or more`,
      { cause: error },
    );
  }
}

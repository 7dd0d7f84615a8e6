import type { IncomingMessage } from 'node:http';
import type {
  BatchGetItemCommandInput,
  GetItemCommandInput,
  PutItemCommandInput,
  QueryCommandInput,
  TransactWriteItemsCommandInput,
  UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { CallName } from '../faults/injection.ts';

/** The possible fields of a request's body to DynamoDB. */
export type Asked = Partial<
  GetItemCommandInput &
    PutItemCommandInput &
    UpdateItemCommandInput &
    Omit<QueryCommandInput, 'Key'> &
    BatchGetItemCommandInput &
    TransactWriteItemsCommandInput
>;

export const askedIn = (body: Buffer): Asked => JSON.parse(body.toString()) as Asked;

/** The table and keys of a batch of one table. */
export const batchIn = ({ RequestItems = {} }: Asked) => {
  const [[table, { Keys = [], ConsistentRead = false }] = ['', {}]] = Object.entries(RequestItems);
  return { table, keys: Keys, isStrong: ConsistentRead };
};

const KINDS: Readonly<Record<string, string>> = {
  I: 'image',
  T: 'facet',
  C: 'facet',
  D: 'external id',
  GT: 'facet',
  GC: 'facet',
  K: 'key',
  N: 'token',
  Q: 'usage',
  O: 'owner',
  J: 'months',
  L: 'lease',
  S: 'shared',
  E: 'erasure',
  B: 'webhook',
  VX: 'outbox',
  VL: 'event',
  VU: 'own event',
};

/**
 * With the kinds of items: `PutItem image`, `TransactWriteItems facet+image`; a strongly consistent batch is marked.
 */
export function callNameOf({ headers }: IncomingMessage, body: Buffer): CallName {
  const operation = String(headers['x-amz-target']).replace(/^DynamoDB_\d+\./, '');
  const asked = askedIn(body);
  switch (operation) {
    case 'DescribeTable':
      return 'DescribeTable itself';
    case 'Query':
      return `Query ${asked.IndexName ?? queriedIn(asked)}`;
    case 'BatchGetItem':
      return `BatchGetItem ${kindsIn(asked)}${batchIn(asked).isStrong ? ', strong' : ''}`;
    default:
      return `${operation} ${kindsIn(asked)}`;
  }
}

/** The kind of the partition. */
function queriedIn({ ExpressionAttributeValues = {} }: Asked): string {
  const kinds = Object.values(ExpressionAttributeValues).flatMap(({ S }) => KINDS[S?.split('#')[0] ?? ''] ?? []);
  return kinds[0] ?? 'an unknown kind';
}

function kindsIn(asked: Asked): string {
  const { Key, Item, TransactItems = [] } = asked;
  const inTransaction = TransactItems.map(
    (one) => one.Put?.Item ?? one.Update?.Key ?? one.Delete?.Key ?? one.ConditionCheck?.Key,
  );
  const kinds = [Key, Item, ...batchIn(asked).keys, ...inTransaction].flatMap((item) => {
    const letter = item?.['pk']?.S?.split('#')[0];
    return letter === undefined ? [] : (KINDS[letter] ?? letter);
  });
  return [...new Set(kinds)].toSorted().join('+');
}

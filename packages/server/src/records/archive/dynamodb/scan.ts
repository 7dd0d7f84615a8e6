import { type DynamoDBClient, ScanCommand, type ScanCommandOutput } from '@aws-sdk/client-dynamodb';
import { AppError } from '../../../domain/errors.ts';
import { createDynamodbClient, type DynamodbClientOptions } from '../../dynamodb/client.ts';
import { dynamodbFault } from '../../dynamodb/fault.ts';
import type { Item } from '../../dynamodb/item.ts';

/** Names the only client that may scan: CloudTrail shows it, and the tests' server refuses scans of others. */
export const SCANNING_AGENT = 'safelight-archive';

/** A scan continues through minutes of throttling: the SDK's pauses grow to 20 seconds. */
const ATTEMPTS = 12;

export const createScanningClient = (options: DynamodbClientOptions): Promise<DynamoDBClient> =>
  createDynamodbClient({ attempts: ATTEMPTS, ...options, userAgent: SCANNING_AGENT });

/**
 * Segments that are read at the same time. Each has a page of at most 1 MB in memory, as the parsed answer about 10 MB.
 */
const SEGMENTS = 4;
/** Items that a page looks at: with the largest metadata 1 MB. */
const PAGE_ITEMS = 1_000;

export interface ScanOptions {
  readonly table: string;
  /** Only items whose partition key begins so. Others are read, and paid for, but not sent. */
  readonly prefixes: readonly string[];
  /** That one page looks at. */
  readonly pageItems?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Page {
  readonly segment: number;
  readonly answer: ScanCommandOutput;
}

/** The service's own key may not scan. */
function scanFault(error: unknown, table: string): unknown {
  if (!(error instanceof Error) || error.name !== 'AccessDeniedException') return dynamodbFault(error);
  const detail = `The credentials may not scan the table ${table}: use an operator's; npm run admin -- provision --policies prints what they need`;
  return new AppError('unavailable', detail, { cause: error });
}

/** All items with those prefixes, each as of the last resolved write when its page was read. A page may be empty. */
export async function* scanItems(
  client: DynamoDBClient,
  { table, prefixes, pageItems = PAGE_ITEMS, signal }: ScanOptions,
): AsyncGenerator<readonly Item[], void, void> {
  const values = Object.fromEntries(prefixes.map((prefix, index) => [`:p${index}`, { S: prefix }]));
  const ending = new AbortController();
  const abortSignal = signal ? AbortSignal.any([signal, ending.signal]) : ending.signal;
  const read = async (segment: number, after?: Item): Promise<Page> => {
    const command = new ScanCommand({
      TableName: table,
      ConsistentRead: true,
      Segment: segment,
      TotalSegments: SEGMENTS,
      Limit: pageItems,
      FilterExpression: Object.keys(values)
        .map((name) => `begins_with(pk, ${name})`)
        .join(' OR '),
      ExpressionAttributeValues: values,
      ...(after && { ExclusiveStartKey: after }),
    });
    return { segment, answer: await client.send(command, { abortSignal }) };
  };
  const pages = new Map<number, Promise<Page>>();
  const begin = (segment: number, after?: Item): void => {
    const page = read(segment, after);
    page.catch(() => undefined); // the scan may have ended before it is awaited
    pages.set(segment, page);
  };
  try {
    for (let segment = 0; segment < SEGMENTS; segment += 1) begin(segment);
    while (pages.size > 0) {
      const { segment, answer } = await Promise.race(pages.values()).catch((error: unknown) => {
        signal?.throwIfAborted();
        throw scanFault(error, table);
      });
      if (answer.LastEvaluatedKey) begin(segment, answer.LastEvaluatedKey);
      else pages.delete(segment);
      yield answer.Items ?? [];
    }
  } finally {
    ending.abort(); // else the other segments would be retried, and hold up the command's end
  }
}

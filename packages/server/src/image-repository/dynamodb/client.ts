import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { connection } from '../../aws/connection.ts';

export interface DynamodbClientOptions {
  readonly region: string;
  /** `http://127.0.0.1:8000`; null: Amazon's of the region. */
  readonly endpoint: string | null;
  /** null: the SDK's provider chain (roles, profiles). */
  readonly credentials: DynamodbCredentials | null;
  /** A file of certificates (PEM) to trust besides the usual ones. */
  readonly caBundle: string | null;
  readonly timeouts?: DynamodbTimeouts;
}

export interface DynamodbCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** A request that isn't answered by then is tried again. */
export interface DynamodbTimeouts {
  readonly connectMs: number;
  readonly answerMs: number;
}

/** DynamoDB answers within tens of milliseconds; a page of 1 MB takes longest. */
const TIMEOUTS: DynamodbTimeouts = { connectMs: 1_000, answerMs: 5_000 };

/** The first request and three repetitions, with the SDK's pauses: what throttles usually ends within them. */
const ATTEMPTS = 4;

/** As many calls at once as one process has use for: a list over all owners makes one for each shard. */
const MAX_SOCKETS = 256;

/** A tenth of a call's CPU time: they prepare a log that nobody asked for, and count features of the SDK for its maker. */
const UNUSED = ['loggerMiddleware', 'getUserAgentMiddleware'];

/** Errors: `unavailable`, for a bundle that can't be read. */
export async function createDynamodbClient(options: DynamodbClientOptions): Promise<DynamoDBClient> {
  const { region, endpoint, credentials, caBundle, timeouts = TIMEOUTS } = options;
  const client = new DynamoDBClient({
    region,
    ...(endpoint === null ? {} : { endpoint }),
    ...(credentials === null ? {} : { credentials }),
    maxAttempts: ATTEMPTS,
    retryMode: 'standard',
    requestHandler: await connection({ caBundle, ...timeouts, maxSockets: MAX_SOCKETS }),
  });
  for (const name of UNUSED) client.middlewareStack.remove(name);
  return client;
}

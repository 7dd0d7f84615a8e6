import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { announceCommands } from '../../aws/announce-commands.ts';
import { connection } from '../../aws/connection.ts';

export interface DynamodbClientOptions {
  readonly region: string;
  /** `http://127.0.0.1:8000`; null: Amazon DynamoDB in the region. */
  readonly endpoint: string | null;
  /** null: the SDK's provider chain (roles, profiles). */
  readonly credentials: DynamodbCredentials | null;
  /** A file of additional trusted certificates (PEM). */
  readonly caBundle: string | null;
  readonly timeouts?: DynamodbTimeouts;
}

export interface DynamodbCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** The timeout of a request, which is then retried. */
export interface DynamodbTimeouts {
  readonly connectMs: number;
  readonly answerMs: number;
}

/** DynamoDB answers within tens of milliseconds; a page of 1 MB takes longest. */
const TIMEOUTS: DynamodbTimeouts = { connectMs: 1_000, answerMs: 5_000 };

/** The first request and three retries, with the SDK's pauses: throttling usually ends within them. */
const ATTEMPTS = 4;

/** The concurrent calls that one process needs: a list over all owners makes one per shard. */
const MAX_SOCKETS = 256;

/** Removes middlewares that prepare an unused log and count SDK features: a tenth of a call's CPU time. */
const UNUSED = ['loggerMiddleware', 'getUserAgentMiddleware'];

/** Errors: `unavailable`, if the certificates can't be read. */
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
  return announceCommands(client);
}

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
  /** Names the program in each request, so that logs and policies can tell it apart; absent: none does. */
  readonly userAgent?: string;
  /** The attempts of one request; absent: enough for a caller who waits. */
  readonly attempts?: number;
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

/** Prepare an unused log and count SDK features: a tenth of a call's CPU time. */
const LOG = 'loggerMiddleware';
const USER_AGENT = 'getUserAgentMiddleware';

/** Errors: `unavailable`, if the certificates can't be read. */
export async function createDynamodbClient(options: DynamodbClientOptions): Promise<DynamoDBClient> {
  const { region, endpoint, credentials, caBundle, timeouts = TIMEOUTS, userAgent, attempts = ATTEMPTS } = options;
  const client = new DynamoDBClient({
    region,
    // Else the SDK would take AWS_ENDPOINT_URL, the service's own store, for a table of an import at Amazon.
    ...(endpoint === null ? { ignoreConfiguredEndpointUrls: true } : { endpoint }),
    ...(credentials === null ? {} : { credentials }),
    maxAttempts: attempts,
    ...(userAgent !== undefined && { customUserAgent: userAgent }),
    retryMode: 'standard',
    requestHandler: await connection({ caBundle, ...timeouts, maxSockets: MAX_SOCKETS }),
  });
  client.middlewareStack.remove(LOG);
  if (userAgent === undefined) client.middlewareStack.remove(USER_AGENT);
  return announceCommands(client);
}

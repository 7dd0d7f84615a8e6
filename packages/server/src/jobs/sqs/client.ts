import { SQSClient } from '@aws-sdk/client-sqs';
import { announceCommands } from '../../aws/announce-commands.ts';
import { connection } from '../../aws/connection.ts';

export interface SqsClientOptions {
  /** The queue's URL. */
  readonly url: string;
  /** The region of a queue whose URL doesn't name it. */
  readonly region: string;
  /** `http://127.0.0.1:4566`; null: the host of the queue's URL. */
  readonly endpoint: string | null;
  /** null: the SDK's provider chain (roles, profiles). */
  readonly credentials: SqsCredentials | null;
  /** A file of additional trusted certificates (PEM). */
  readonly caBundle: string | null;
  readonly timeouts?: SqsTimeouts;
}

export interface SqsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** The timeout of a request, which is then retried. A receive may take its waiting time in addition. */
export interface SqsTimeouts {
  readonly connectMs: number;
  readonly answerMs: number;
}

export const SQS_TIMEOUTS: SqsTimeouts = { connectMs: 1_000, answerMs: 5_000 };

/** The first request and three retries, with the SDK's pauses: throttling usually ends within them. */
const ATTEMPTS = 4;

/** A waiting receiver holds one. */
const MAX_SOCKETS = 256;

/** Errors: `unavailable`, if the certificates can't be read. */
export async function createSqsClient(options: SqsClientOptions): Promise<SQSClient> {
  const { url, endpoint, credentials, caBundle, timeouts = SQS_TIMEOUTS } = options;
  const client = new SQSClient({
    region: regionOf(options),
    endpoint: endpoint ?? new URL(url).origin,
    ...(credentials === null ? {} : { credentials }),
    maxAttempts: ATTEMPTS,
    retryMode: 'standard',
    requestHandler: await connection({ caBundle, ...timeouts, maxSockets: MAX_SOCKETS }),
  });
  return announceCommands(client);
}

/** A queue may be in another region than the rest: Amazon's URLs contain it. */
export const regionOf = ({ url, region }: Pick<SqsClientOptions, 'url' | 'region'>): string =>
  /(?:^|\.)sqs\.([a-z0-9-]+)\.(?:vpce\.)?amazonaws\.com(?:\.cn)?$/.exec(new URL(url).hostname)?.[1] ?? region;

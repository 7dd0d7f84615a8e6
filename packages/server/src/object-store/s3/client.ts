import { S3Client } from '@aws-sdk/client-s3';
import { announceCommands } from '../../aws/announce-commands.ts';
import { connection } from '../../aws/connection.ts';
import type { Credentials } from '../signing/sigv4.ts';
import { ATTEMPTS } from './attempts.ts';

export interface S3ClientOptions {
  readonly region: string;
  /** `http://127.0.0.1:9000`; null: Amazon's of the region. */
  readonly endpoint: string | null;
  /** The bucket is in the path, not in the host name. */
  readonly isPathStyle: boolean;
  /** null: the SDK's provider chain (roles, profiles). */
  readonly credentials: Credentials | null;
  /** A file of certificates (PEM) to trust in addition to the system's. */
  readonly caBundle: string | null;
  readonly timeouts?: S3Timeouts;
}

/** A request without an answer by then is retried; a body may take as long as bytes flow, in either direction. */
export interface S3Timeouts {
  readonly connectMs: number;
  readonly answerMs: number;
  readonly idleMs: number;
}

const TIMEOUTS: S3Timeouts = { connectMs: 3_000, answerMs: 15_000, idleMs: 15_000 };

/**
 * For `send` of a request with many bytes. The SDK counts their sending as time without an answer, so that no slow
 * uplink could send them. `idleMs` ends a dead connection.
 */
export const WHILE_BYTES_FLOW = { requestTimeout: 0 } as const;

/** A store that works for us may be silent until it is done. Slower than any that we know: 1 GB has four minutes. */
const LEAST_BYTES_PER_SECOND = 4_000_000;

/** Each download that passes through the service holds one. */
const MAX_SOCKETS = 256;

const silent = () => undefined;

/**
 * Without a logger the SDK writes to the console for each stream whose PUT fails, which is normal for a conditional
 * PUT.
 */
const SILENT = { trace: silent, debug: silent, info: silent, warn: silent, error: silent };

/** Errors: `unavailable` for an unreadable certificate bundle. */
export const createS3Client = async (options: S3ClientOptions): Promise<S3Client> =>
  clientOf(options, await handlerOf(options));

export interface S3Clients {
  /** Its disposal ends the connections of both. */
  readonly client: S3Client;
  /** Sends each request once, without limits of time: every `send` needs `whileAtWork`. */
  readonly onceClient: S3Client;
  /** For `send` of a request by which the store itself copies so many bytes, or puts them together. */
  whileAtWork(sizeBytes: number): { readonly requestTimeout: 0; readonly abortSignal: AbortSignal };
}

/** Two clients with the same connections and credentials. Errors: those of `createS3Client`. */
export async function createS3Clients(options: S3ClientOptions): Promise<S3Clients> {
  const handler = await handlerOf(options);
  const client = clientOf(options, handler);
  const onceClient = announceCommands(
    new S3Client({
      ...settingsOf(options),
      credentials: client.config.credentials,
      maxAttempts: 1,
      requestHandler: { ...handler, socketTimeout: 0 },
    }),
  );
  const { answerMs } = options.timeouts ?? TIMEOUTS;
  return {
    client,
    onceClient,
    whileAtWork(sizeBytes) {
      const milliseconds = answerMs + Math.ceil((1000 * sizeBytes) / LEAST_BYTES_PER_SECOND);
      return { ...WHILE_BYTES_FLOW, abortSignal: AbortSignal.timeout(milliseconds) };
    },
  };
}

function clientOf(options: S3ClientOptions, requestHandler: Awaited<ReturnType<typeof handlerOf>>): S3Client {
  const { credentials } = options;
  const client = new S3Client({
    ...settingsOf(options),
    ...(credentials === null ? {} : { credentials: { ...credentials, sessionToken: credentials.sessionToken ?? '' } }),
    maxAttempts: ATTEMPTS,
    requestHandler,
  });
  return announceCommands(client);
}

const handlerOf = async ({ caBundle, timeouts = TIMEOUTS }: S3ClientOptions) => ({
  ...(await connection({ caBundle, ...timeouts, maxSockets: MAX_SOCKETS })),
  socketTimeout: timeouts.idleMs,
});

const settingsOf = ({ region, endpoint, isPathStyle }: S3ClientOptions) => ({
  region,
  // Else the SDK would take AWS_ENDPOINT_URL, the service's own store, for a target of backups at Amazon.
  ...(endpoint === null ? { ignoreConfiguredEndpointUrls: true } : { endpoint }),
  forcePathStyle: isPathStyle,
  retryMode: 'standard',
  // The service sends checksums of its own where they matter; a trailer would need chunked bodies, which not every
  // store accepts.
  requestChecksumCalculation: 'WHEN_REQUIRED' as const,
  responseChecksumValidation: 'WHEN_REQUIRED' as const,
  followRegionRedirects: false,
  logger: SILENT,
});

import { S3Client } from '@aws-sdk/client-s3';
import { connection } from '../../aws/connection.ts';
import type { Credentials } from '../signing/sigv4.ts';
import { ATTEMPTS } from './attempts.ts';

export interface S3ClientOptions {
  readonly region: string;
  /** `http://127.0.0.1:9000`; null: Amazon's of the region. */
  readonly endpoint: string | null;
  /** The bucket is in the path, not in the host's name. */
  readonly isPathStyle: boolean;
  /** null: the SDK's provider chain (roles, profiles). */
  readonly credentials: Credentials | null;
  /** A file of certificates (PEM) to trust besides the usual ones. */
  readonly caBundle: string | null;
  readonly timeouts?: S3Timeouts;
}

/** A request that isn't answered by then is tried again; a body may take as long as bytes come. */
export interface S3Timeouts {
  readonly connectMs: number;
  readonly answerMs: number;
  readonly idleMs: number;
}

const TIMEOUTS: S3Timeouts = { connectMs: 3_000, answerMs: 15_000, idleMs: 15_000 };

/** Each download that is passed through holds one. */
const MAX_SOCKETS = 256;

const silent = () => undefined;

/** Without one the SDK writes to the console of each stream whose PUT fails, as it may: the first stored wins. */
const SILENT = { trace: silent, debug: silent, info: silent, warn: silent, error: silent };

/** Errors: `unavailable`, for a bundle that can't be read. */
export async function createS3Client(options: S3ClientOptions): Promise<S3Client> {
  const { credentials, caBundle, timeouts = TIMEOUTS } = options;
  return new S3Client({
    ...settingsOf(options),
    ...(credentials === null ? {} : { credentials: { ...credentials, sessionToken: credentials.sessionToken ?? '' } }),
    maxAttempts: ATTEMPTS,
    requestHandler: {
      ...(await connection({ caBundle, ...timeouts, maxSockets: MAX_SOCKETS })),
      socketTimeout: timeouts.idleMs,
    },
  });
}

/** Sends each request once, by the connections and with the credentials of `client`; it ends with that one. */
export const withoutRepetitions = ({ config }: S3Client, options: S3ClientOptions): S3Client =>
  new S3Client({
    ...settingsOf(options),
    credentials: config.credentials,
    maxAttempts: 1,
    requestHandler: config.requestHandler,
  });

const settingsOf = ({ region, endpoint, isPathStyle }: S3ClientOptions) => ({
  region,
  ...(endpoint === null ? {} : { endpoint }),
  forcePathStyle: isPathStyle,
  retryMode: 'standard',
  // Checksums of our own are sent where they say something; a trailer would need chunked bodies, which not every store takes.
  requestChecksumCalculation: 'WHEN_REQUIRED' as const,
  responseChecksumValidation: 'WHEN_REQUIRED' as const,
  followRegionRedirects: false,
  logger: SILENT,
});

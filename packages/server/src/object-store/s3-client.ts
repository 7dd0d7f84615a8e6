import { readFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import { rootCertificates } from 'node:tls';
import { S3Client } from '@aws-sdk/client-s3';
import type { Credentials } from './sigv4.ts';

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
}

/** A request that isn't answered by then is tried again; a body may take as long as bytes come. */
const CONNECT_MS = 3_000;
const ANSWER_MS = 15_000;
const IDLE_MS = 15_000;

/** One request and two repetitions, with the SDK's exponential backoff: seconds at most. */
const ATTEMPTS = 3;

/** Each download that is passed through holds one. */
const MAX_SOCKETS = 256;

export async function createS3Client(options: S3ClientOptions): Promise<S3Client> {
  const { region, endpoint, isPathStyle, credentials, caBundle } = options;
  const ca = caBundle === null ? undefined : [...rootCertificates, await readFile(caBundle, 'utf8')];
  return new S3Client({
    region,
    ...(endpoint === null ? {} : { endpoint }),
    forcePathStyle: isPathStyle,
    ...(credentials === null ? {} : { credentials: { ...credentials, sessionToken: credentials.sessionToken ?? '' } }),
    maxAttempts: ATTEMPTS,
    retryMode: 'standard',
    // Checksums of our own are sent where they say something; a trailer would need chunked bodies, which not every store takes.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    followRegionRedirects: false,
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      requestTimeout: ANSWER_MS,
      throwOnRequestTimeout: true,
      socketTimeout: IDLE_MS,
      httpAgent: { keepAlive: true, maxSockets: MAX_SOCKETS },
      httpsAgent: new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS, ...(ca && { ca }) }),
    },
  });
}

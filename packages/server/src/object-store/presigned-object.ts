import type { PresignedRequest, PresignGetOptions, PresignPutOptions } from './object-store.ts';
import { type Signer, UNSIGNED_PAYLOAD } from './sigv4.ts';

/** Where an object is reached: `path` from `/` on, not encoded. */
export interface ObjectAddress {
  readonly origin: string;
  readonly path: string;
}

interface Signing {
  readonly signer: Signer;
  readonly address: ObjectAddress;
  readonly now: Date;
}

/** What the SDK presigns for PutObjectCommand with Content-Type signed and no checksum of a body it doesn't have. */
export const presignPutObject = (
  { signer, address, now }: Signing,
  options: Pick<PresignPutOptions, 'contentType' | 'expiresInSeconds'>,
): PresignedRequest => ({
  method: 'PUT',
  url: signer.presign({
    ...address,
    method: 'PUT',
    headers: { 'content-type': options.contentType },
    query: { 'X-Amz-Content-Sha256': UNSIGNED_PAYLOAD, 'x-id': 'PutObject' },
    expiresInSeconds: options.expiresInSeconds,
    now,
  }),
  headers: { 'Content-Type': options.contentType },
  expiresAt: expiry(now, options.expiresInSeconds),
});

/** What the SDK presigns for GetObjectCommand with the answer's headers overridden. */
export const presignGetObject = (
  { signer, address, now }: Signing,
  options: Pick<PresignGetOptions, 'contentType' | 'disposition' | 'expiresInSeconds'>,
): PresignedRequest => ({
  method: 'GET',
  url: signer.presign({
    ...address,
    method: 'GET',
    query: {
      'X-Amz-Content-Sha256': UNSIGNED_PAYLOAD,
      'response-content-disposition': options.disposition,
      'response-content-type': options.contentType,
      'x-id': 'GetObject',
    },
    expiresInSeconds: options.expiresInSeconds,
    now,
  }),
  headers: {},
  expiresAt: expiry(now, options.expiresInSeconds),
});

/** A signature knows whole seconds only. */
const expiry = (now: Date, expiresInSeconds: number): Date =>
  new Date((Math.floor(now.getTime() / 1000) + expiresInSeconds) * 1000);

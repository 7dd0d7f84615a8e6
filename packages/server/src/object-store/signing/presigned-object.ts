import type {
  PresignedPost,
  PresignedRequest,
  PresignGetOptions,
  PresignOptions,
  PresignPostOptions,
  PresignPutOptions,
} from '../presigner.ts';
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

interface FormSigning {
  readonly signer: Signer;
  /** Where a form for the bucket is sent. */
  readonly url: string;
  readonly bucket: string;
  readonly key: string;
  readonly now: Date;
}

/** What an adapter knows by itself is left out: the origin is in the address, a window has made `now` what it is. */
type Options<T extends PresignOptions> = Omit<T, 'publicOrigin' | 'windowSeconds'>;

/**
 * What the SDK presigns for PutObjectCommand with Content-Type signed, the checksum as a header (not moved into the query)
 * and no checksum of a body it doesn't have. S3 needs no x-amz-sdk-checksum-algorithm beside the checksum itself.
 */
export function presignPutObject(
  { signer, address, now }: Signing,
  options: Options<PresignPutOptions> & { readonly isOnce?: boolean },
): PresignedRequest {
  const { contentType, sizeBytes, sha256, isOnce = sha256 !== undefined, expiresInSeconds } = options;
  const headers = {
    'Content-Type': contentType,
    ...(sizeBytes === undefined ? {} : { 'Content-Length': String(sizeBytes) }),
    ...(isOnce && { 'If-None-Match': '*' }),
    ...(sha256 !== undefined && { 'x-amz-checksum-sha256': Buffer.from(sha256, 'hex').toString('base64') }),
  };
  const query = { 'X-Amz-Content-Sha256': UNSIGNED_PAYLOAD, 'x-id': 'PutObject' };
  return {
    method: 'PUT',
    url: signer.presign({ ...address, method: 'PUT', headers, query, expiresInSeconds, now }),
    headers,
    expiresAt: expiry(now, expiresInSeconds),
  };
}

/** What the SDK's createPresignedPost makes of an exact type and a length range. */
export const presignPostObject = (
  { signer, url, bucket, key, now }: FormSigning,
  { contentType, minBytes, maxBytes, expiresInSeconds }: Options<PresignPostOptions>,
): PresignedPost => ({
  method: 'POST',
  url,
  fields: signer.signForm({
    bucket,
    key,
    fields: { 'Content-Type': contentType },
    conditions: [['content-length-range', minBytes, maxBytes]],
    expiresInSeconds,
    now,
  }),
  expiresAt: expiry(now, expiresInSeconds),
});

/** What the SDK presigns for GetObjectCommand with the answer's headers overridden. */
export const presignGetObject = (
  { signer, address, now }: Signing,
  options: Options<PresignGetOptions>,
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

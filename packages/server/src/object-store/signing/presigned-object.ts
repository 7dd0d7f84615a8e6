import type {
  PresignedPost,
  PresignedRequest,
  PresignGetOptions,
  PresignOptions,
  PresignPartOptions,
  PresignPostOptions,
  PresignPutOptions,
} from '../presigner.ts';
import { SIGNED_LENGTH } from './mis-signed.ts';
import { type Signer, UNSIGNED_PAYLOAD } from './sigv4.ts';

/** The address of an object: `path` starts with `/` and isn't encoded. */
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
  /** The address that forms are sent to. */
  readonly url: string;
  readonly bucket: string;
  readonly key: string;
  readonly now: Date;
}

/** Omits what the adapter provides: the origin is in the address, and `now` is the start of the window. */
type Options<T extends PresignOptions> = Omit<T, 'publicOrigin' | 'windowSeconds'>;

interface LengthOptions {
  /** The URL names the signed length, for the refusal of another. */
  readonly tellsLength?: boolean;
}

/**
 * Equals what the SDK presigns for PutObjectCommand with Content-Type signed, the checksum as a header (not moved into
 * the query) and no checksum of the missing body. S3 needs no x-amz-sdk-checksum-algorithm beside the checksum.
 */
export function presignPutObject(
  { signer, address, now }: Signing,
  options: Options<PresignPutOptions> & LengthOptions & { readonly isOnce?: boolean },
): PresignedRequest {
  const { contentType, sizeBytes, sha256, isOnce = sha256 !== undefined, tellsLength, expiresInSeconds } = options;
  const headers = {
    'Content-Type': contentType,
    ...(sizeBytes === undefined ? {} : { 'Content-Length': String(sizeBytes) }),
    ...(isOnce && { 'If-None-Match': '*' }),
    ...(sha256 !== undefined && { 'x-amz-checksum-sha256': Buffer.from(sha256, 'hex').toString('base64') }),
  };
  const query = {
    'X-Amz-Content-Sha256': UNSIGNED_PAYLOAD,
    'x-id': 'PutObject',
    ...(tellsLength && sizeBytes !== undefined && { [SIGNED_LENGTH]: String(sizeBytes) }),
  };
  return {
    method: 'PUT',
    url: signer.presign({ ...address, method: 'PUT', headers, query, expiresInSeconds, now }),
    headers,
    expiresAt: expiry(now, expiresInSeconds),
  };
}

/** Equals what the SDK presigns for UploadPartCommand with Content-Length signed, and the checksum as a header. */
export function presignPartObject(
  { signer, address, now }: Signing,
  { uploadId, number, sizeBytes, sha256, tellsLength, expiresInSeconds }: Options<PresignPartOptions> & LengthOptions,
): PresignedRequest {
  const headers = {
    'Content-Length': String(sizeBytes),
    ...(sha256 !== undefined && { 'x-amz-checksum-sha256': Buffer.from(sha256, 'hex').toString('base64') }),
  };
  const query = {
    'X-Amz-Content-Sha256': UNSIGNED_PAYLOAD,
    partNumber: String(number),
    uploadId,
    'x-id': 'UploadPart',
    ...(tellsLength && { [SIGNED_LENGTH]: String(sizeBytes) }),
  };
  return {
    method: 'PUT',
    url: signer.presign({ ...address, method: 'PUT', headers, query, expiresInSeconds, now }),
    headers,
    expiresAt: expiry(now, expiresInSeconds),
  };
}

/** Equals the SDK's createPresignedPost with an exact type and a length range. */
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

/** Equals what the SDK presigns for GetObjectCommand with overridden response headers. */
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

/** A signature has a resolution of one second. */
const expiry = (now: Date, expiresInSeconds: number): Date =>
  new Date((Math.floor(now.getTime() / 1000) + expiresInSeconds) * 1000);

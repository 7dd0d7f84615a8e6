import type { ObjectKey } from '../domain/image/object-key.ts';

/**
 * Presigned requests: each permits one method on one key until it expires, whoever sends it. Signing asks no store, so a request may
 * be for an object that is not there. Errors: `unavailable` when there are no valid credentials to sign with.
 */
export interface Presigner {
  readonly capabilities: Capabilities;

  /** A URL that takes one body of exactly this type. */
  presignPut(key: ObjectKey, options: PresignPutOptions): Promise<PresignedRequest>;

  /** The fields of a form (S3's POST policy): exact key, exact type, a length within the limits. Only with `capabilities.postPolicy`. */
  presignPost(key: ObjectKey, options: PresignPostOptions): Promise<PresignedPost>;

  /** A URL that answers the object's bytes with these response headers. */
  presignGet(key: ObjectKey, options: PresignGetOptions): Promise<PresignedRequest>;
}

/** What not every store enforces of an upload that was presigned. */
export interface Capabilities {
  /** Takes the bytes of a grant with a checksum once: `If-None-Match: *` on a PUT. */
  readonly conditionalWrites: boolean;
  /** Holds a PUT to the checksum that its grant signed. */
  readonly checksums: boolean;
  /** Takes forms; otherwise nobody may ask for one. */
  readonly postPolicy: boolean;
  /** Refuses a PUT with an Amazon header that its grant did not sign; elsewhere the bucket itself must forbid public objects. */
  readonly headerSigning: boolean;
}

export interface PresignOptions {
  /** What clients call the service, `http://127.0.0.1:8000`: a store behind the service's own address needs it. */
  readonly publicOrigin: string;
  /** 1 to 604,800 (S3's limit). */
  readonly expiresInSeconds: number;
}

export interface PresignPutOptions extends PresignOptions {
  readonly contentType: string;
  /** The body's exact length; then Content-Length is signed. */
  readonly sizeBytes?: number | undefined;
  /** The body's checksum, lower-case hex; then `x-amz-checksum-sha256` is signed, and `If-None-Match: *`. */
  readonly sha256?: string | undefined;
}

export interface PresignPostOptions extends PresignOptions {
  readonly contentType: string;
  /** Range of the file's length, inclusive. */
  readonly minBytes: number;
  readonly maxBytes: number;
}

export interface PresignGetOptions extends PresignOptions {
  readonly contentType: string;
  /** Content-Disposition of the answer, ready to send (RFC 6266). */
  readonly disposition: string;
  /**
   * All requests of one window of so many seconds, counted from 1970, get the same URL, so that caches keep its answer. The URL is
   * signed as of the window's start and ends `expiresInSeconds` after that. Whole and less than `expiresInSeconds`, else `internal`.
   */
  readonly windowSeconds?: number | undefined;
}

export interface PresignedRequest {
  readonly method: 'GET' | 'PUT';
  readonly url: string;
  /** Exactly the headers to send with it. */
  readonly headers: { readonly [name: string]: string };
  /** When the URL really ends, to the second: never later than asked, earlier when the credentials or its window say so. */
  readonly expiresAt: Date;
}

export interface PresignedPost {
  readonly method: 'POST';
  readonly url: string;
  /** The form's fields, all to be sent before its `file`. */
  readonly fields: { readonly [name: string]: string };
  readonly expiresAt: Date;
}

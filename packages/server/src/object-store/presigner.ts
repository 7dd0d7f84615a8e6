import type { ObjectKey } from '../domain/image/object-key.ts';

/**
 * Presigned requests: each permits one method on one key until it expires, for any sender. Signing makes no request, so
 * the object may be absent. Errors: `unavailable` if there are no valid credentials to sign with.
 */
export interface Presigner {
  readonly capabilities: Capabilities;

  /** A URL that accepts one body of exactly this type. */
  presignPut(key: ObjectKey, options: PresignPutOptions): Promise<PresignedRequest>;

  /** A URL that accepts one part of a multipart upload, of exactly this length. */
  presignPart(key: ObjectKey, options: PresignPartOptions): Promise<PresignedRequest>;

  /**
   * The fields of a form (S3's POST policy): exact key, exact type, a length within the limits. Requires
   * `capabilities.postPolicy`.
   */
  presignPost(key: ObjectKey, options: PresignPostOptions): Promise<PresignedPost>;

  /** A URL that answers the object's bytes with these response headers. */
  presignGet(key: ObjectKey, options: PresignGetOptions): Promise<PresignedRequest>;

  /** The origin of every URL that it presigns for clients of this public origin, as a page's policy must name it. */
  originOf(publicOrigin: string): string;
}

/** Which conditions of a presigned upload the store enforces. */
export interface Capabilities {
  /** Accepts the bytes of a grant with a checksum only once: `If-None-Match: *` on a PUT. */
  readonly conditionalWrites: boolean;
  /** Verifies the signed checksum of a PUT. */
  readonly checksums: boolean;
  /** Accepts forms; otherwise a form must not be granted. */
  readonly postPolicy: boolean;
  /** Refuses a PUT with an unsigned Amazon header; otherwise the bucket itself must forbid public objects. */
  readonly headerSigning: boolean;
}

export interface PresignOptions {
  /** The origin that clients use, `http://127.0.0.1:8000`; needed by a store behind the service's own address. */
  readonly publicOrigin: string;
  /** 1 to 604,800 (S3's limit). */
  readonly expiresInSeconds: number;
}

export interface PresignPutOptions extends PresignOptions {
  readonly contentType: string;
  /** The body's exact length in bytes; if given, Content-Length is signed. */
  readonly sizeBytes?: number | undefined;
  /** The body's SHA-256, lower-case hex; if given, `x-amz-checksum-sha256` and `If-None-Match: *` are signed. */
  readonly sha256?: string | undefined;
}

export interface PresignPartOptions extends PresignOptions {
  readonly uploadId: string;
  /** 1 to 10,000. */
  readonly number: number;
  readonly sizeBytes: number;
  /** The part's SHA-256, lower-case hex; if given, `x-amz-checksum-sha256` is signed. */
  readonly sha256?: string | undefined;
}

export interface PresignPostOptions extends PresignOptions {
  readonly contentType: string;
  /** Range of the file's length in bytes, inclusive. */
  readonly minBytes: number;
  readonly maxBytes: number;
}

export interface PresignGetOptions extends PresignOptions {
  readonly contentType: string;
  /** Content-Disposition of the answer, ready to send (RFC 6266). */
  readonly disposition: string;
  /**
   * All requests of one window of this many seconds, counted from 1970, get the same URL, so that caches can reuse its
   * answer. The URL is signed at the window's start and expires `expiresInSeconds` later. Whole and less than
   * `expiresInSeconds`, else `internal`.
   */
  readonly windowSeconds?: number | undefined;
}

export interface PresignedRequest {
  readonly method: 'GET' | 'PUT';
  readonly url: string;
  /** The headers to send, exactly. */
  readonly headers: { readonly [name: string]: string };
  /**
   * When the URL expires, to the second: not later than requested, earlier if the credentials or the window end
   * earlier.
   */
  readonly expiresAt: Date;
}

export interface PresignedPost {
  readonly method: 'POST';
  readonly url: string;
  /** The form's fields, all of which must precede its `file`. */
  readonly fields: { readonly [name: string]: string };
  readonly expiresAt: Date;
}

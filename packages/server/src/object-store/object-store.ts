import type { ByteRange } from '../domain/byte-range.ts';
import type { ObjectKey } from '../domain/object-key.ts';

export type { ByteRange } from '../domain/byte-range.ts';

/**
 * Bytes by key. Every method is safe to repeat; absence is a value. Errors: `unavailable` when the store can't be
 * reached or read, `insufficient-storage` when it is full, `overloaded` when there is no room for one more file on its way; a body's
 * own errors pass unchanged.
 */
export interface ObjectStore {
  readonly bucket: string;

  /**
   * How often the sweeper lists `incoming/` for objects that nobody needs: never, where the store removes them by itself (a
   * lifecycle rule); seldom, where a list costs money and nobody waits for it.
   */
  readonly incomingListing: IncomingListing;

  readonly capabilities: Capabilities;

  /** Resolves when an object could be stored now, as far as that shows at the price of a read. Errors: those of a write. */
  check(): Promise<void>;

  /** Receives a body into a local file that has no key yet, hashing as it passes. */
  stage(body: AsyncIterable<Uint8Array>, options: StageOptions): Promise<LocalFile>;

  /**
   * The same, but for the hash, for `count` files that `write` makes at the paths it is given, where nothing is; `undefined` for
   * one that it didn't make, or made no plain file. What it throws passes unchanged, and then nothing is left of them.
   */
  stageFiles(
    count: number,
    write: (paths: readonly string[]) => Promise<void>,
  ): Promise<readonly (MadeFile | undefined)[]>;

  /**
   * Stores a staged file under `key`, replacing what is there: whole or not at all, durable when it resolves. Answers the entity
   * tag that reads can ask for (`ifMatch`); null where nobody but this service can write under its keys.
   */
  put(key: ObjectKey, file: LocalFile | MadeFile, attributes: ObjectAttributes): Promise<string | null>;

  /**
   * Stores a staged file under `key` where nothing is yet, and answers its entity tag there; undefined, and nothing changes, when
   * something is. Whole or not at all, but a power cut may lose it: for what can be made again. A store without
   * `conditionalWrites` looks first: there two at once may both come in, and the later one's stays. On S3 it is undefined, too,
   * when the answer to our own write was lost.
   */
  putFirst(key: ObjectKey, file: LocalFile | MadeFile, attributes: ObjectAttributes): Promise<string | undefined>;

  /**
   * Opens the object for reading; `undefined` when there is none, or none of the entity tag asked for. Few bytes
   * that are in memory are the body, which nobody may write to; else it is not read until it is consumed.
   */
  get(key: ObjectKey, options?: GetOptions): Promise<StoredObject | undefined>;

  head(key: ObjectKey): Promise<ObjectHead | undefined>;

  /**
   * Copies within the store, attributes replaced, and answers where the copy is; `undefined` when there is no `from`. Later writes
   * to `from` don't show. Each attempt has a key of its own, by `newKey`: a store may perform one that was given up at any
   * time, even when `from` has other bytes. All of these keys are the caller's to remove.
   */
  copy(from: ObjectKey, newKey: () => ObjectKey, options: CopyOptions): Promise<ObjectKey | undefined>;

  /**
   * The object as a local file, for programs that need a path; `undefined` when there is none, or none of the entity tag asked
   * for. Never write to it, and dispose of it: the disk store lends its own file, others a temporary copy. Over `maxBytes`:
   * `upload-too-large`.
   */
  checkOut(key: ObjectKey, options: CheckOutOptions): Promise<CheckedOutFile | undefined>;

  /** Removes what exists among `keys` (any number); keys that don't exist are no error. */
  delete(keys: readonly ObjectKey[]): Promise<void>;

  /** What is stored under keys that begin with `prefix`, which ends in `/`; in no particular order. */
  list(prefix: string): AsyncIterable<ListedObject>;

  /** A part of the same, behind `after`, which needn't exist; in an order that never changes. */
  listPage(prefix: string, options: ListPageOptions): Promise<ListedPage>;

  /** A URL that takes one body of exactly this type, until it expires. */
  presignPut(key: ObjectKey, options: PresignPutOptions): Promise<PresignedRequest>;

  /** The same for a form (S3's POST policy): exact key, exact type, a length within the limit. */
  presignPost(key: ObjectKey, options: PresignPostOptions): Promise<PresignedPost>;

  /** A URL that answers the object's bytes, with these response headers, until it expires. */
  presignGet(key: ObjectKey, options: PresignGetOptions): Promise<PresignedRequest>;
}

export type IncomingListing = 'never' | 'seldom' | 'every-sweep';

/** What not every store does. */
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

export interface StageOptions {
  /** One byte more fails with `upload-too-large`. */
  readonly maxBytes: number;
}

export interface ConditionalOptions {
  /** Only the object of this entity tag; null or none: whatever there is. */
  readonly ifMatch?: string | null;
}

export interface GetOptions extends ConditionalOptions {
  /** A part of it, clipped to its end; all of it where there is none. */
  readonly range?: ByteRange | undefined;
}

export interface CheckOutOptions extends StageOptions, ConditionalOptions {
  /** What its bytes are known to hash to: where they can be had without reading them, they aren't read for that. */
  readonly sha256?: string;
  /** Once it aborts nothing more is read, what came is removed, and the error is its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Bytes at a path of this machine, whole. Disposing gives up the file, not what was stored from it. */
interface WholeFile extends AsyncDisposable {
  readonly path: string;
  readonly sizeBytes: number;
}

/** One whose bytes were hashed as they came. */
export interface LocalFile extends WholeFile {
  /** Lower-case hex. */
  readonly sha256: string;
}

/** One whose bytes are an object's. */
export interface CheckedOutFile extends LocalFile {
  /** Of the object that these bytes are, as `put` answers it. */
  readonly entityTag: string | null;
}

/** One that was made here. */
export interface MadeFile extends WholeFile {
  /** All of them where they are few: they are wanted next. Nobody may write to them. */
  readonly bytes: Uint8Array<ArrayBuffer> | null;
}

/** What goes with the bytes, where the store keeps such things; the disk tells the type by the bytes. */
export interface ObjectAttributes {
  readonly contentType: string;
}

export interface CopyOptions extends ObjectAttributes {
  /** `undefined`, too, when `from` has another entity tag; a store that can't compare copies what is there. */
  readonly ifMatch?: string;
}

export interface ObjectHead {
  /** Of the whole object, also where only a range is read. */
  readonly sizeBytes: number;
  readonly contentType: string;
  /** Strong, with its quotes: of these bytes as they were stored under this key (RFC 9110 8.8.3). */
  readonly entityTag: string;
}

export interface ListedObject {
  readonly key: ObjectKey;
  /** Asks for it where the list doesn't tell; of what is gone meanwhile some time or other. */
  storedAt(): Promise<Date>;
}

export interface ListPageOptions {
  /** A key; `prefix` itself begins at the begin. */
  readonly after: string;
  /** 1 to 1,000 (S3's limit). */
  readonly limit: number;
}

export interface ListedPage {
  readonly objects: readonly ListedObject[];
  /** Behind which the next page begins; null where there is none. */
  readonly next: ObjectKey | null;
}

export interface StoredObject extends ObjectHead {
  readonly body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
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

export interface PresignedPost {
  readonly method: 'POST';
  readonly url: string;
  /** The form's fields, all to be sent before its `file`. */
  readonly fields: { readonly [name: string]: string };
  readonly expiresAt: Date;
}

export interface PresignGetOptions extends PresignOptions {
  readonly contentType: string;
  /** Content-Disposition of the answer, ready to send (RFC 6266). */
  readonly disposition: string;
  /**
   * Everybody who asks within the same so many seconds, counted from 1970, gets the same URL, so that caches keep its answer:
   * it is signed as of their begin, and ends `expiresInSeconds` after that. Whole and fewer than those, else `internal`.
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

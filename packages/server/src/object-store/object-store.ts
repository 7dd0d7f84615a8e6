import type { ObjectKey } from '../domain/image/object-key.ts';
import type { ByteRange } from '../http-semantics/byte-range.ts';
import type { LocalFile, MadeFile, StageOptions } from './staging.ts';

export type { ByteRange } from '../http-semantics/byte-range.ts';

/**
 * Bytes by key. Every method is idempotent; absence is a value. Errors: `unavailable` if the store can't be reached or
 * read, `insufficient-storage` if it is full, and those of `Staging` if a copy on this machine is needed.
 */
export interface ObjectStore {
  /** The bucket's name, used in `s3_url` and in bucket events. */
  readonly bucket: string;

  /**
   * Resolves if an object could be stored now, as far as a check at the price of a read can tell. Errors: those of a
   * write.
   */
  check(): Promise<void>;

  /**
   * Stores a staged file under `key`, replacing any object there: atomically, and durable when it resolves. Returns the
   * entity tag that reads can ask for (`ifMatch`); null if only this service can write under its keys.
   */
  put(key: ObjectKey, file: LocalFile | MadeFile, attributes: ObjectAttributes): Promise<string | null>;

  /**
   * Stores a staged file under `key` if the key is free, and returns its entity tag; returns undefined and changes
   * nothing if the key is taken. Atomic, but a power cut may lose it: for objects that can be made again. A store
   * without conditional writes checks first, so two concurrent calls may both succeed; the later one's object stays. On
   * S3 it also returns undefined if the answer to our own write was lost.
   */
  putFirst(key: ObjectKey, file: LocalFile | MadeFile, attributes: ObjectAttributes): Promise<string | undefined>;

  /**
   * Stores a body of any length under `key`, replacing any object there: atomically, and durable when it resolves to
   * the length in bytes. Of what is interrupted nothing can be read; a bucket's rule removes the parts of a process
   * that died. Errors of the body pass unchanged.
   */
  putStream(key: ObjectKey, body: AsyncIterable<Uint8Array>, options: PutStreamOptions): Promise<number>;

  /**
   * Opens the object for reading; `undefined` if there is none, or none with the given entity tag or hash. The body is
   * either a small object's bytes in memory, which callers must not modify, or a stream that is not read until it is
   * consumed.
   */
  get(key: ObjectKey, options?: GetOptions): Promise<StoredObject | undefined>;

  head(key: ObjectKey): Promise<ObjectHead | undefined>;

  /**
   * Copies within the store, with new attributes, and returns the copy's key; `undefined` if there is no `from`. The
   * copy is a snapshot. `newKey` gives each attempt its own key: a store may perform an abandoned attempt at any time,
   * even when `from` has other bytes. The caller must remove all of these keys.
   */
  copy(from: ObjectKey, newKey: () => ObjectKey, options: CopyOptions): Promise<ObjectKey | undefined>;

  /**
   * The object as a local file, for programs that need a path; `undefined` if there is none, or none with the given
   * entity tag. The caller must not write to it, and must dispose of it: the disk store lends its own file, others a
   * staged copy. Errors: `upload-too-large` over `maxBytes`.
   */
  checkOut(key: ObjectKey, options: CheckOutOptions): Promise<CheckedOutFile | undefined>;

  /** Removes the existing objects among `keys` (any number); absent keys are no error. */
  delete(keys: readonly ObjectKey[]): Promise<void>;

  /**
   * Removes all objects whose keys begin with `prefix`, which ends in `/`, for good: also former versions and markers
   * of deletions, the names of folders, and unfinished uploads in parts. Durable when it resolves.
   */
  erase(prefix: string): Promise<Erased>;

  /** Lists the objects whose keys begin with `prefix`, which ends in `/`; in no particular order. */
  list(prefix: string): AsyncIterable<ListedObject>;

  /** One page of the same, after the key `after`, which needn't exist; in a stable order. */
  listPage(prefix: string, options: ListPageOptions): Promise<ListedPage>;
}

export interface Erased {
  readonly objects: number;
  /** Former versions, and markers of deletions. */
  readonly versions: number;
  /** Objects and versions that are still there because the store denies their removal, as with Object Lock. */
  readonly kept: number;
}

/** What a process may use beside the one that owns the store. */
export type ObjectReads = Pick<ObjectStore, 'get' | 'head' | 'list' | 'listPage'>;

/**
 * How often the sweeper lists `incoming/` for abandoned objects: never, if the bucket removes them itself (a lifecycle
 * rule); seldom, if a list costs money and nobody waits for it.
 */
export type IncomingListing = 'never' | 'seldom' | 'every-sweep';

export interface ConditionalOptions {
  /** Only the object with this entity tag; null or absent: any object. */
  readonly ifMatch?: string | null;
}

export interface GetOptions extends ConditionalOptions {
  /** A byte range, clipped to the object's end; absent: the whole object. */
  readonly range?: ByteRange | undefined;
  /** Only these bytes, where the store reads the whole object into memory anyway; elsewhere it isn't looked at. */
  readonly sha256?: string;
}

export interface CheckOutOptions extends StageOptions, ConditionalOptions {
  /** On abort, reading stops, partial files are removed, and the error is the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A file with an object's bytes. */
export interface CheckedOutFile extends LocalFile {
  /** The object's entity tag, as returned by `put`. */
  readonly entityTag: string | null;
}

/** Attributes, if the store keeps any; the disk store detects the type from the bytes. */
export interface ObjectAttributes {
  readonly contentType: string;
}

export interface PutStreamOptions extends ObjectAttributes {
  /** About so many bytes; null: unknown. A bucket takes 10,000 parts of one size, which is derived from this. */
  readonly expectedBytes: number | null;
}

export interface CopyOptions extends ObjectAttributes {
  /**
   * Returns `undefined` also if `from` has another entity tag; a store that can't compare copies the current object.
   */
  readonly ifMatch?: string;
  /** The size of `from`, if it is known: a store may take longer for a large object. */
  readonly sizeBytes?: number;
}

export interface ObjectHead {
  /** The size of the whole object, also if only a range is read. */
  readonly sizeBytes: number;
  readonly contentType: string;
  /** A strong entity tag with its quotes: it identifies the bytes stored under this key (RFC 9110 8.8.3). */
  readonly entityTag: string;
}

export interface StoredObject extends ObjectHead {
  readonly body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
}

export interface ListedObject {
  readonly key: ObjectKey;
  /**
   * Requested if the list doesn't contain them; an object that is gone meanwhile gets an arbitrary time and no bytes.
   */
  details(): Promise<{ readonly storedAt: Date; readonly sizeBytes: number }>;
}

export interface ListPageOptions {
  /** A key, or `prefix` itself to begin at the start. */
  readonly after: string;
  /** 1 to 1,000 (S3's limit). */
  readonly limit: number;
}

export interface ListedPage {
  readonly objects: readonly ListedObject[];
  /** The key after which the next page begins; null on the last page. */
  readonly next: ObjectKey | null;
}
